import { sortInTurns } from '../work/sort'
import { eachInTurns, turn } from '../work/turns'
import { sentDate } from './sort'

export interface ThreadKeys {
  readonly sentAt: number | undefined
  readonly baseSubject: string
  readonly isReply: boolean
  readonly messageId: string
  readonly inReplyTo: string
  readonly references: readonly string[]
}

export interface ThreadRow {
  readonly internalDate: number
  readonly keys: ThreadKeys
}

/** One message of a thread and the answers to it. Without `row`: several messages whose common parent is not there. */
export interface Thread<Row> {
  readonly row: Row | undefined
  readonly children: readonly Thread<Row>[]
}

/** Puts the first message of a list above the others. */
function firstAbove<Row>(rows: readonly Row[]): Thread<Row> {
  const [first, ...others] = rows
  return { row: first, children: others.map((row) => ({ row, children: [] })) }
}

/**
 * THREAD=ORDEREDSUBJECT (RFC 5256 3): messages of one base subject, the earliest above the others.
 * @param rows in order of sequence number
 */
export async function orderedSubject<Row extends ThreadRow>(rows: readonly Row[]): Promise<Thread<Row>[]> {
  const bySubject = new Map<string, Row[]>()
  await eachInTurns(await sortInTurns(rows, (a, b) => sentDate(a) - sentDate(b)), (row) => {
    const group = bySubject.get(row.keys.baseSubject)
    if (group) group.push(row)
    else bySubject.set(row.keys.baseSubject, [row])
  })
  // A Map keeps the order of first appearance, which is the order of each thread's first date.
  return [...bySubject.values()].map(firstAbove)
}

/**
 * thread-list of RFC 5256 5: `(2)(3 6 (4 23)(44 7 96))`. A thread may be as deep as there are messages, so nothing here recurses.
 * @param numberOf UID or sequence number of a row
 */
export async function threadText<Row>(
  threads: readonly Thread<Row>[],
  numberOf: (row: Row) => number,
): Promise<string> {
  const out: string[] = []
  const todo: (Thread<Row> | ')')[] = [...threads].reverse()
  for (let item = todo.pop(), count = 0; item !== undefined; item = todo.pop(), count++) {
    if (count % 64 === 0) await turn()
    if (item === ')') {
      out.push(')')
      continue
    }
    out.push('(')
    todo.push(')')
    let thread: Thread<Row> = item
    if (thread.row !== undefined) {
      out.push(String(numberOf(thread.row)))
      for (;;) {
        const [only, ...more] = thread.children.slice(0, 2)
        if (only?.row === undefined || more.length > 0) break
        if (out.push(` ${numberOf(only.row)}`) % 64 === 0) await turn()
        thread = only
      }
      if (thread.children.length > 0) out.push(' ')
    }
    for (let index = thread.children.length - 1; index >= 0; index--) {
      const child = thread.children[index]
      if (child) todo.push(child)
    }
  }
  return out.join('')
}
