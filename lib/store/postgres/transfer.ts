import { ok } from '../../terms/fault'
import type { RepairEnd } from '../repair'
import type { AccountRecord } from '../row-types'
import type { TransferRow } from '../transfer'
import { accountTransfer } from '../transfer-rows'
import { CHUNK } from './append'
import { auditRows, mendAccount } from './audit'
import { APPLICATION, openDatabase, type PostgresOptions, type Session } from './database'
import { jsonText } from './json'
import { indexRows, insert, type Of, only, pages, putIndex } from './rows'

/** messages of a page without their octets, and chunks fetched at once: some megabytes */
const MESSAGES = 100
const CHUNKS = 16
/** octets of one statement at most */
const STATEMENT = 1024 * 1024

/** milliseconds: to remove what a large account has takes long, and nobody waits for an answer */
const PATIENCE = 3_600_000

async function putMessages(session: Session, account: number, messages: readonly Of<'message'>[]): Promise<void> {
  await insert(session, account, 'messages', [
    ['message', 'bigint', messages.map((row) => row.message)],
    ['entries', 'bigint', messages.map((row) => row.entries)],
    ['thread', 'bigint', messages.map((row) => row.thread)],
    ['keys', 'json', messages.map((row) => jsonText(row.keys))],
    ['prepared', 'bytea', messages.map((row) => row.prepared)],
  ])
  const chunks = messages.flatMap(({ message, octets }) =>
    Array.from({ length: Math.max(1, Math.ceil(octets.length / CHUNK)) }, (_nothing, chunk) => ({
      message,
      chunk,
      octets: octets.subarray(chunk * CHUNK, (chunk + 1) * CHUNK),
    })),
  )
  for (let start = 0; start < chunks.length; ) {
    let size = 0
    const end = chunks.findIndex((chunk, at) => {
      if (at < start) return false
      size += chunk.octets.length
      return at > start && size > STATEMENT
    })
    const some = chunks.slice(start, end < 0 ? undefined : end)
    await insert(session, account, 'chunks', [
      ['message', 'bigint', some.map((row) => row.message)],
      ['chunk', 'bigint', some.map((row) => row.chunk)],
      ['octets', 'bytea', some.map((row) => row.octets)],
    ])
    start += some.length
  }
}

const INDEX = ['mailboxes', 'entries', 'threads', 'changes', 'records', 'binned', 'indexed']
const CONTENT = ['messages', 'chunks', 'texts']

export async function openPostgresTransfer(options: PostgresOptions): Promise<RepairEnd> {
  const db = await openDatabase({
    ...options,
    statementTimeout: PATIENCE,
    application: `${APPLICATION} migrate`,
  })

  async function octetsOf(account: number, message: number): Promise<Buffer> {
    const text =
      'SELECT chunk, octets FROM mailbox.chunks WHERE account = $1 AND message = $2 AND chunk > $3 ORDER BY chunk'
    type Chunk = { chunk: number; octets: Buffer }
    const pieces: Buffer[] = []
    const all = pages<Chunk>(db.read, text, account, (one) => [message, one.chunk], [message, -1], CHUNKS)
    for await (const { octets } of all) pieces.push(octets)
    return Buffer.concat(pieces)
  }

  async function* content(account: number): AsyncGenerator<TransferRow> {
    type Message = { message: number; entries: number; thread: number; keys: unknown; prepared: Buffer }
    const text = 'SELECT * FROM mailbox.messages WHERE account = $1 AND message > $2 ORDER BY message'
    for await (const row of pages<Message>(db.read, text, account, (one) => [one.message], [0], MESSAGES)) {
      const { message, entries, thread, keys, prepared } = row
      yield { kind: 'message', message, entries, thread, keys, prepared, octets: await octetsOf(account, message) }
    }
  }

  const write = async (account: number, run: (session: Session) => Promise<void>): Promise<void> => {
    await db.write(account, [], async (session) => {
      await run(session)
      return ok(undefined)
    })
  }

  return {
    async others() {
      const text = `SELECT pid, coalesce(host(client_addr), 'this host') AS host FROM pg_stat_activity
        WHERE datname = current_database() AND application_name = $1`
      const found = await db.read<{ pid: number; host: string }>(text, [APPLICATION])
      return found.map(({ pid, host }) => `a connection from ${host} (backend ${pid})`)
    },
    async accounts() {
      const found = await db.read<AccountRecord>('SELECT * FROM mailbox.accounts ORDER BY account')
      return found.map(accountTransfer)
    },
    async lastAccount() {
      const text = `SELECT pg_get_serial_sequence('mailbox.accounts', 'account') AS name`
      const [sequence] = await db.read<{ name: string }>(text)
      // A name that PostgreSQL gave, quoted where it must be.
      const [row] = await db.read<{ last: number }>(
        `SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END AS last FROM ${sequence?.name}`,
      )
      return row?.last ?? 0
    },
    async setLastAccount(account) {
      await db.read(`ALTER TABLE mailbox.accounts ALTER COLUMN account RESTART WITH ${account + 1}`)
    },
    async *rows(account) {
      yield* indexRows(db.read, account)
      yield* content(account)
    },
    async begin(account, keep) {
      await write(account, async ({ query }) => {
        for (const table of ['accounts', ...INDEX, ...(keep ? [] : CONTENT)]) {
          await query(`DELETE FROM mailbox.${table} WHERE account = $1`, [account])
        }
      })
      const text = 'SELECT message FROM mailbox.messages WHERE account = $1'
      const found = await db.read<{ message: number }>(text, [account])
      return new Set(found.map(({ message }) => message))
    },
    put: (account, rows) =>
      write(account, async (session) => {
        await putIndex(session, account, rows)
        await putMessages(session, account, only(rows, 'message'))
      }),
    publish: (one) =>
      write(one.account, async ({ query }) => {
        await query(
          `INSERT INTO mailbox.accounts (account, name, attributes, last_mailbox, last_message, last_uid_validity, used_bytes,
             used_messages, fence, binned_bytes, binned_messages) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
          [
            one.account,
            one.name,
            JSON.stringify(one.attributes),
            one.lastMailbox,
            one.lastMessage,
            one.lastUidValidity,
            one.usedBytes,
            one.usedMessages,
            one.fence,
            one.binnedBytes,
            one.binnedMessages,
          ],
        )
      }),
    facts: (account) => auditRows(db.read, account),
    mend: (mended) =>
      write(mended.account.account, (session) =>
        mendAccount(session, mended, (message) => octetsOf(mended.account.account, message)),
      ),
    close: () => db.close(),
  }
}
