import type { FetchMessageObject, ImapFlow } from 'imapflow'
import { uid } from '../../terms/numbers'
import type { UidlFormat } from '../maildir/uidl-format'
import { SourceGone, type SourceMessage } from '../source'
import type { ImapConnection, OpenMailbox } from './connection'
import type { Pace } from './pace'

interface Reading {
  readonly pace: Pace
  readonly uidl: UidlFormat | undefined
}

interface Row {
  readonly uid: number
  readonly size: number
  readonly flags: readonly string[]
  readonly internalDate: number
}

/** Messages whose flags, dates and sizes are asked for in one command. */
const ROWS = 1000

async function fetched(client: ImapFlow, range: string, query: object): Promise<readonly FetchMessageObject[]> {
  const found: FetchMessageObject[] = []
  for await (const one of client.fetch(range, { uid: true, ...query }, { uid: true })) found.push(one)
  return found
}

async function searched(client: ImapFlow, range: string): Promise<readonly number[]> {
  const found = await client.search({ uid: range }, { uid: true })
  if (!found) throw new Error('the server refuses to search')
  return found
}

/**
 * The octets of a mailbox's messages, asked for in order: those that follow come with the one that is asked for, as many as one
 * command may bring; a larger message comes in pieces, so that neither memory nor the rate is left to its size.
 */
function reader(connection: ImapConnection, mailbox: OpenMailbox, pace: Pace) {
  let ahead = new Map<number, Buffer>()

  async function inPieces({ uid: one, size }: Row): Promise<Buffer | undefined> {
    let octets = Buffer.allocUnsafe(size)
    let at = 0
    for (;;) {
      const query = { source: { start: at, maxLength: pace.octets } }
      const [found] = await connection.run(mailbox, (client) => fetched(client, String(one), query))
      const piece = found?.source
      if (!piece) return undefined
      // RFC822.SIZE of some servers is not what BODY[] has.
      if (at + piece.length > octets.length) octets = Buffer.concat([octets.subarray(0, at), piece])
      else piece.copy(octets, at)
      await pace.spent(piece.length, at === 0 ? 1 : 0)
      at += piece.length
      if (piece.length < pace.octets) return octets.subarray(0, at)
    }
  }

  async function together(rows: readonly Row[]): Promise<void> {
    const range = rows.map((row) => row.uid).join(',')
    const found = await connection.run(mailbox, (client) => fetched(client, range, { source: true }))
    ahead = new Map(found.flatMap((one) => (one.source ? [[one.uid, one.source] as const] : [])))
    const octets = [...ahead.values()].reduce((sum, { length }) => sum + length, 0)
    await pace.spent(octets, found.length)
  }

  /** @param rows the message, and those that follow */
  return async function read(rows: readonly Row[]): Promise<Buffer | undefined> {
    const [first] = rows
    if (!first) return undefined
    const there = ahead.get(first.uid)
    if (there) return there
    ahead = new Map()
    if (first.size > pace.octets) return inPieces(first)
    const batch: Row[] = []
    let octets = 0
    for (const row of rows) {
      octets += row.size
      if (octets > pace.octets) break
      batch.push(row)
    }
    if (batch.length > 1) {
      // One message that the server cannot give must not take its neighbours along: it is asked for alone then.
      await together(batch).catch((error) => {
        if (error instanceof SourceGone) throw error
      })
    }
    if (!ahead.has(first.uid)) await together([first])
    const found = ahead.get(first.uid)
    if (found) return found
    const left = await connection.run(mailbox, (client) => searched(client, String(first.uid)))
    if (left.length === 0) return undefined
    throw new Error('the server sends no text')
  }
}

/** A mailbox's messages in order of UID, from one on. */
export async function* imapMessages(
  connection: ImapConnection,
  mailbox: OpenMailbox,
  from: number,
  ahead: number,
  { pace, uidl }: Reading,
): AsyncGenerator<SourceMessage> {
  const read = reader(connection, mailbox, pace)
  const found = await connection.run(mailbox, (client) => searched(client, `${from}:*`))
  // `n:*` always names the last message, also when its UID is below n (RFC 9051 9).
  const uids = found.filter((one) => one >= from).sort((a, b) => a - b)
  for (let i = 0; i < uids.length; i += ROWS) {
    const chunk = uids.slice(i, i + ROWS)
    const query = { flags: true, internalDate: true, size: true }
    const range = `${chunk[0]}:${chunk.at(-1)}`
    const told = await connection.run(mailbox, (client) => fetched(client, range, query))
    const byUid = new Map(told.map((one) => [one.uid, one]))
    const rows = chunk.map((one): Row => {
      const { size = 0, flags = [], internalDate } = byUid.get(one) ?? {}
      return { uid: one, size, flags: [...flags], internalDate: new Date(internalDate ?? Date.now()).getTime() }
    })
    for (const [index, row] of rows.entries()) {
      yield {
        label: `${mailbox.path} ${row.uid}`,
        uid: uid(row.uid),
        uidl: uidl?.({ uid: row.uid, validity: mailbox.validity }),
        flags: row.flags,
        internalDate: row.internalDate,
        read: () => read(rows.slice(index, index + Math.min(ahead, pace.messages))),
      }
    }
  }
}
