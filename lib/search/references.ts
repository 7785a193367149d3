import { sortInTurns } from '../work/sort'
import { eachInTurns, turn } from '../work/turns'
import { sentDate } from './sort'
import type { Thread, ThreadRow } from './thread'

/** THREAD=REFERENCES (RFC 5256 3), step by step. Threads can be very deep: nothing here recurses. */

interface Container<Row> {
  row: Row | undefined
  parent: Container<Row> | undefined
  children: Container<Row>[]
}

const empty = <Row>(row: Row | undefined): Container<Row> => ({ row, parent: undefined, children: [] })

/** A longer way up is taken for a loop: keeps forged references from costing the square of their number. */
const MAX_WAY_UP = 2_000

function isAbove<Row>(above: Container<Row>, below: Container<Row>): boolean {
  let steps = 0
  for (let one: Container<Row> | undefined = below; one; one = one.parent) {
    if (one === above || ++steps > MAX_WAY_UP) return true
  }
  return false
}

function referencesOf({ keys }: ThreadRow): readonly string[] {
  if (keys.references.length > 0) return keys.references
  return keys.inReplyTo === '' ? [] : [keys.inReplyTo]
}

/** Step 1: who answers whom. Only parents are noted; children follow from them. */
async function link<Row extends ThreadRow>(rows: readonly Row[]): Promise<Container<Row>[]> {
  const byId = new Map<string, Container<Row>>()
  const all: Container<Row>[] = []
  /** who has been a parent: one that never was cannot be above anybody */
  const parents = new Set<Container<Row>>()
  const make = (row: Row | undefined): Container<Row> => {
    const made = empty(row)
    all.push(made)
    return made
  }
  const known = (id: string): Container<Row> => {
    const container = byId.get(id) ?? make(undefined)
    byId.set(id, container)
    return container
  }
  const adopt = (parent: Container<Row>, child: Container<Row>): void => {
    if (parent === child || (parents.has(child) && isAbove(child, parent))) return
    child.parent = parent
    parents.add(parent)
  }
  // A message's own id belongs to the first message that has it; others with it are on their own.
  const own = new Map<Row, Container<Row>>()
  await eachInTurns(rows, (row) => {
    const id = row.keys.messageId
    const container = id === '' || byId.has(id) ? make(row) : known(id)
    container.row = row
    own.set(row, container)
  })
  const follow = ([row, self]: [Row, Container<Row>]): void => {
    let previous: Container<Row> | undefined
    for (const id of referencesOf(row)) {
      const container = known(id)
      if (previous && container.parent === undefined) adopt(previous, container)
      previous = container
    }
    self.parent = undefined
    if (previous) adopt(previous, self)
  }
  // A step may go a long way up for each of many references.
  await eachInTurns(own, follow, 8)
  return all
}

/** These and everything below them, each before its children. */
async function downwards<Row>(roots: readonly Container<Row>[]): Promise<Container<Row>[]> {
  const order = [...roots]
  // The array grows while it is walked.
  await eachInTurns(order, (one) => {
    for (const child of one.children) order.push(child)
  })
  return order
}

/** Steps 2 and 3: the tree, without messages that are not there. @returns the first messages of the threads */
async function prune<Row>(all: readonly Container<Row>[]): Promise<Container<Row>[]> {
  await eachInTurns(all, (one) => one.parent?.children.push(one))
  const order = await downwards(all.filter((one) => one.parent === undefined))
  const present = (one: Container<Row>): Container<Row>[] => (one.row === undefined ? one.children : [one])
  // From the leaves up, so that children are done before their parents.
  await eachInTurns(order.reverse(), (one) => {
    one.children = one.children.flatMap(present)
  })
  return all
    .filter((one) => one.parent === undefined)
    .flatMap((one) => (one.row !== undefined || one.children.length > 1 ? [one] : one.children))
}

/** What a thread without a first message is sorted by and named after: its first child. */
const spokesman = <Row>(one: Container<Row>): Row | undefined => one.row ?? one.children[0]?.row

async function sortByDate<Row extends ThreadRow>(
  siblings: Container<Row>[],
  ranks: ReadonlyMap<Row, number>,
): Promise<void> {
  if (siblings.length < 2) return
  const key = (one: Container<Row>): readonly [number, number] => {
    const row = spokesman(one)
    return row === undefined ? [0, 0] : [sentDate(row), ranks.get(row) ?? 0]
  }
  const keyed = siblings.map((one) => ({ one, key: key(one) }))
  const sorted = await sortInTurns(keyed, (a, b) => a.key[0] - b.key[0] || a.key[1] - b.key[1])
  sorted.forEach(({ one }, index) => {
    siblings[index] = one
  })
}

/** Step 5: threads of one subject become one. */
async function mergeBySubject<Row extends ThreadRow>(roots: readonly Container<Row>[]): Promise<Container<Row>[]> {
  const subjectOf = (one: Container<Row>): string => spokesman(one)?.keys.baseSubject ?? ''
  const isReply = (one: Container<Row>): boolean => one.row?.keys.isReply ?? false
  const table = new Map<string, Container<Row>>()
  await eachInTurns(roots, (one) => {
    const subject = subjectOf(one)
    if (subject === '') return
    const first = table.get(subject)
    const better = first?.row !== undefined && (one.row === undefined || (isReply(first) && !isReply(one)))
    if (!first || better) table.set(subject, one)
  })
  const placeOf = new Map<Container<Row>, Container<Row> | undefined>()
  await eachInTurns(roots, (one) => {
    const subject = subjectOf(one)
    const first = table.get(subject)
    if (subject === '' || !first || first === one) return
    placeOf.set(one, undefined)
    if (first.row === undefined && one.row === undefined) for (const child of one.children) first.children.push(child)
    else if (first.row === undefined || (isReply(one) && !isReply(first))) first.children.push(one)
    else {
      const both = empty<Row>(undefined)
      both.children = [first, one]
      placeOf.set(first, both)
      table.set(subject, both)
    }
  })
  return roots.flatMap((one) => {
    const place = placeOf.has(one) ? placeOf.get(one) : one
    return place ? [place] : []
  })
}

/** @param rows in order of sequence number */
export async function byReferences<Row extends ThreadRow>(rows: readonly Row[]): Promise<Thread<Row>[]> {
  const ranks = new Map(rows.map((row, index) => [row, index]))
  const roots = await prune(await link(rows))
  // Step 4: the earliest thread first, so that it becomes the head when threads are merged.
  for (const root of roots) {
    await sortByDate(root.children, ranks)
    await turn()
  }
  await sortByDate(roots, ranks)
  const merged = await mergeBySubject(roots)
  // Step 6.
  for (const one of (await downwards(merged)).reverse()) {
    await sortByDate(one.children, ranks)
    await turn()
  }
  await sortByDate(merged, ranks)
  return merged
}
