import type { KeptColumn } from '../../../mailbox/kept'
import type { MessageRow } from '../../../mailbox/vocabulary'
import { turn } from '../../../work/turns'
import type { FetchItem, FetchMessage, FetchValue } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import { FETCH_END, fetchStart } from '../../wire/response'
import { uidsOf } from './numbers'

/** octets */
const LONGEST_KEPT = 4096
/** of one message, before they are written */
const GATHERED = 1024 * 1024

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

const isThere = (value: FetchValue): value is readonly (string | Buffer)[] =>
  value !== undefined && value !== 'unknown-cte' && value.length > 0
const sizeOf = (value: FetchValue): number => (isThere(value) ? value.reduce((sum, piece) => sum + piece.length, 0) : 0)

/** Writes items, with a blank before each but the first of the message. */
function writeItems(
  { session, uid }: FetchMessage,
  asked: readonly Asked[],
  values: readonly FetchValue[],
  from: number,
  before: string,
  after: string,
): void {
  const { writer } = session.connection
  let text = before
  for (let at = 0; at < values.length; at++) {
    const value = values[at]
    const nth = from + at
    if (nth > 0) text += ' '
    // Only once a part of the message is written: an item that cannot be given any more has another in its place.
    for (const piece of isThere(value) ? value : [`UID ${uid}`]) {
      if (typeof piece === 'string') text += piece
      else {
        writer.write(text)
        writer.write(piece)
        text = ''
      }
    }
    const texts = asked[nth]?.texts
    if (texts && isThere(value) && texts.get(uid) === undefined) keep(texts, uid, value)
  }
  writer.write(text + after)
}

function outcomeOf(values: readonly FetchValue[]): Outcome {
  let outcome: Outcome = 'written'
  for (const value of values) {
    if (value === 'unknown-cte') return value
    if (!isThere(value)) outcome = 'gone'
  }
  return outcome
}

const END = `${FETCH_END}\r\n`
const startOf = ({ session, seq, uid }: FetchMessage): string => fetchStart(session.modes, seq, uid)

/** Writes one `* n FETCH (...)`, or nothing when not every item is there. */
function writeValues(message: FetchMessage, asked: readonly Asked[], values: readonly FetchValue[]): Outcome {
  const outcome = outcomeOf(values)
  if (outcome === 'written') writeItems(message, asked, values, 0, startOf(message), END)
  return outcome
}

/** No promise unless an item is one: there may be thousands of messages. */
export function writeMessage(message: FetchMessage, asked: readonly Asked[]): Outcome | Promise<Outcome> {
  const values: FetchValue[] = []
  for (const nextItem of asked) {
    const value = readItem(message, nextItem)
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
  let octets = values.reduce((sum, value) => sum + sizeOf(value), 0)
  for (const nextItem of asked.slice(values.length)) {
    if (octets > GATHERED) break
    await turn()
    const value = await readItem(message, nextItem)
    values.push(value)
    octets += sizeOf(value)
  }
  const isWhole = values.length === asked.length || outcomeOf(values) !== 'written'
  return isWhole ? writeValues(message, asked, values) : writePieces(message, asked, values)
}

/** The items of one message may be many times its size: what is read is written, as fast as the client takes it. */
async function writePieces(
  message: FetchMessage,
  asked: readonly Asked[],
  first: readonly FetchValue[],
): Promise<Outcome> {
  const { session } = message
  const { writer } = session.connection
  let outcome: Outcome = 'written'
  // Now or never: FLAGS may be among the items that are still to come.
  session.learn(message.view.flagsAt(message.seq))
  session.inResponse = true
  writeItems(message, asked, first, 0, startOf(message), '')
  for (const [at, nextItem] of asked.slice(first.length).entries()) {
    if (writer.full && !(await writer.drained())) return 'gone'
    await turn()
    const value = await readItem(message, nextItem)
    if (!isThere(value)) outcome = outcomeOf([value])
    writeItems(message, asked, [value], first.length + at, '', '')
  }
  session.say(FETCH_END)
  session.inResponse = false
  if (session.parting !== undefined) void session.bye(session.parting)
  return outcome
}

/** of the records that are in memory at once */
const MOST_RECORDS = 1024 * 1024

/**
 * Records of those messages of which not all is kept, up to some octets.
 * @returns they, and how many of the messages they are enough for: all, or the first ones
 */
export async function rowsOf(
  { mail, view }: Selected,
  seqs: readonly number[],
  asked: readonly Asked[],
): Promise<{ readonly rows: ReadonlyMap<number, MessageRow>; readonly enoughFor: number }> {
  const needing = asked.filter(({ item }) => item.needs === 'row')
  const uids = uidsOf(view, seqs).filter((uid) => needing.some(({ texts }) => texts?.get(uid) === undefined))
  const rows = new Map<number, MessageRow>()
  let octets = 0
  if (uids.length > 0) {
    for await (const batch of mail.rows(view, uids)) {
      for (const row of batch) {
        rows.set(row.uid, row)
        octets += row.prepared.envelope.length + row.prepared.bodyStructure.length
      }
      const last = batch.at(-1)?.uid ?? 0
      if (octets < MOST_RECORDS) continue
      return { rows, enoughFor: seqs.filter((seq) => view.uidAt(seq) <= last).length }
    }
  }
  return { rows, enoughFor: seqs.length }
}
export const NO_ROWS: ReadonlyMap<number, MessageRow> = new Map()
