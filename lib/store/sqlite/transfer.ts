import { crc32 } from 'node:zlib'
import { processesWith } from '../../engine/sqlite/connection/holders'
import { prepare } from '../../mime/prepare'
import type { Mended } from '../audit'
import { digestOf } from '../ids'
import { encodePrepared } from '../prepared-codec'
import type { RepairEnd } from '../repair'
import type { TransferRow } from '../transfer'
import { auditRows, piecesOf } from './audit'
import { accountRows, indexRows, pages } from './index-rows'
import { openMail } from './mail'
import { bufferOf } from './read/body'
import { messageKey, messageRange } from './rows'
import type { PreparedAnew } from './write/transfer'

interface Message {
  readonly message: number
  readonly entries: number
  readonly thread: number
  readonly keys: string
}
const MESSAGES = `SELECT m.id & 4294967295 AS message, coalesce(c.entries, 1) AS entries, thread, keys
  FROM messages m LEFT JOIN copies c ON c.id = m.id WHERE m.id > ? AND m.id < ? ORDER BY m.id`
const PREPARED = 'SELECT prepared FROM messages WHERE id = ?'
const NUMBERS = 'SELECT id & 4294967295 AS message FROM messages WHERE id > ? AND id < ? ORDER BY id'
const LAST = "SELECT seq FROM sqlite_sequence WHERE name = 'accounts'"

/** A row whose octets are its own: to another thread a view is copied with all that it is a view of. */
function ownRow(row: TransferRow): TransferRow {
  const own = (octets: Buffer): Buffer => bufferOf(Uint8Array.from(octets))
  if (row.kind === 'record') return { ...row, value: own(row.value) }
  return row.kind === 'message' ? { ...row, prepared: own(row.prepared), octets: own(row.octets) } : row
}

export async function openSqliteTransfer(folder: string): Promise<RepairEnd> {
  const mail = await openMail(folder)
  const { read } = mail

  async function octetsOf(account: number, message: number): Promise<Buffer> {
    const pieces: Buffer[] = []
    for await (const piece of piecesOf(read, messageKey(account, message))) pieces.push(piece)
    return Buffer.concat(pieces)
  }
  async function* content(account: number): AsyncGenerator<TransferRow> {
    const [first, end] = messageRange(account)
    const next = ({ message }: Message) => [messageKey(account, message), end]
    for await (const { message, entries, thread, keys } of pages<Message>(read, MESSAGES, [first, end], next)) {
      const found = read.get<{ prepared: Uint8Array }>(PREPARED, messageKey(account, message))
      const octets = await octetsOf(account, message)
      const prepared = bufferOf(found?.prepared ?? new Uint8Array())
      yield { kind: 'message', message, entries, thread, keys: JSON.parse(keys), prepared, octets }
    }
  }
  async function preparedAnew(account: number, { messages }: Mended): Promise<PreparedAnew[]> {
    const anew: PreparedAnew[] = []
    for (const { message, prepare: asked } of messages) {
      if (!asked) continue
      const octets = await octetsOf(account, message)
      const made = prepare(octets)
      const { messageId } = made.keys
      const prepared = Uint8Array.from(encodePrepared(made))
      const named = messageId ? Uint8Array.from(digestOf(messageId)) : null
      anew.push({ message, keys: JSON.stringify(made.keys), named, prepared, checksum: crc32(octets) })
    }
    return anew
  }

  return {
    others: async () => processesWith(mail.file),
    accounts: async () => accountRows(read),
    lastAccount: async () => read.get<{ seq: number }>(LAST)?.seq ?? 0,
    setLastAccount: (account) => mail.write('setLastAccount', [account]),
    async *rows(account) {
      yield* indexRows(read, account)
      yield* content(account)
    },
    async begin(account, keep) {
      await mail.write('hideAccount', [account])
      while (await mail.write('removeSome', [account, keep], 'visible'));
      const [first, end] = messageRange(account)
      const whole = new Set<number>()
      const next = ({ message }: { readonly message: number }) => [messageKey(account, message), end]
      for await (const { message } of pages(read, NUMBERS, [first, end], next)) whole.add(message)
      return whole
    },
    put: (account, rows) => mail.write('putRows', [account, rows.map(ownRow)]),
    publish: (account) => mail.write('putAccount', [account]),
    facts: (account) => auditRows(read, account),
    async mend(mended) {
      await mail.write('mend', [mended, await preparedAnew(mended.account.account, mended)])
    },
    close: () => mail.close(),
  }
}
