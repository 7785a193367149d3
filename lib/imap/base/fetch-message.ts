import type { KeptColumn } from '../../mailbox/kept'
import type { MessageRow } from '../../store/store'
import type { FetchItem, FetchMessage, FetchValue } from '../extension'
import type { Selected } from '../session'
import { uidsOf } from './numbers'

/** octets */
const LONGEST_KEPT = 4096

/** One item of a FETCH command, with what is kept of it. */
export interface Asked {
  readonly item: FetchItem
  readonly texts: KeptColumn<string> | undefined
}

type Outcome = 'written' | 'gone' | 'unknown-cte'

function readItem(message: FetchMessage, { item, texts }: Asked): FetchValue | Promise<FetchValue> {
  const text = texts?.get(message.uid)
  return text === undefined ? item.write(message) : [text]
}

function keep(texts: KeptColumn<string>, uid: number, value: readonly (string | Buffer)[]): void {
  const octets = value.reduce((sum, piece) => sum + piece.length, 0)
  if (octets > LONGEST_KEPT) return
  const text = value.map((piece) => (typeof piece === 'string' ? piece : piece.toString('latin1'))).join('')
  texts.set(uid, text, octets)
}

/** Writes one `* n FETCH (...)`, or nothing when not every item is there. */
function writeValues({ session, seq, uid }: FetchMessage, asked: readonly Asked[], values: FetchValue[]): Outcome {
  const pieces: (string | Buffer)[] = []
  let text = `* ${seq} FETCH (`
  for (const [nth, value] of values.entries()) {
    if (value === 'unknown-cte') return value
    if (!value || value.length === 0) return 'gone'
    if (nth > 0) text += ' '
    for (const piece of value) {
      if (typeof piece === 'string') text += piece
      else {
        pieces.push(text, piece)
        text = ''
      }
    }
    const texts = asked[nth]?.texts
    if (texts && texts.get(uid) === undefined) keep(texts, uid, value)
  }
  const { writer } = session.connection
  for (const piece of pieces) writer.write(piece)
  writer.write(`${text})\r\n`)
  return 'written'
}

/** No promise unless an item is one: there may be thousands of messages. */
export function writeMessage(message: FetchMessage, asked: readonly Asked[]): Outcome | Promise<Outcome> {
  const values: FetchValue[] = []
  for (const one of asked) {
    const value = readItem(message, one)
    if (value instanceof Promise) return writeLater(message, asked, values, value)
    values.push(value)
  }
  return writeValues(message, asked, values)
}
async function writeLater(
  message: FetchMessage,
  asked: readonly Asked[],
  values: FetchValue[],
  next: Promise<FetchValue>,
): Promise<Outcome> {
  values.push(await next)
  for (const one of asked.slice(values.length)) values.push(await readItem(message, one))
  return writeValues(message, asked, values)
}

/** Records of those messages of which not all is kept. */
export async function rowsOf(
  { mail, view }: Selected,
  seqs: readonly number[],
  asked: readonly Asked[],
): Promise<ReadonlyMap<number, MessageRow>> {
  const needing = asked.filter(({ item }) => item.needs === 'row')
  const uids = uidsOf(view, seqs).filter((uid) => needing.some(({ texts }) => texts?.get(uid) === undefined))
  const rows = new Map<number, MessageRow>()
  if (uids.length > 0) for await (const some of mail.rows(view, uids)) for (const row of some) rows.set(row.uid, row)
  return rows
}
export const NO_ROWS: ReadonlyMap<number, MessageRow> = new Map()
