import type { QueryResultRow } from 'pg'
import { ok } from '../../terms/fault'
import type { TransferAccount, TransferEnd, TransferRow } from '../transfer'
import { CHUNK } from './append'
import { APPLICATION, openDatabase, type PostgresOptions, type Session } from './database'
import type { AccountRecord, EntryRecord, MailboxRecord } from './records'

const PAGE = 1000
/** messages of a page without their octets, and chunks fetched at once: some megabytes */
const MESSAGES = 100
const CHUNKS = 16
/** octets of one statement at most */
const STATEMENT = 1024 * 1024

/** milliseconds: to remove what a large account has takes long, and nobody waits for an answer */
const PATIENCE = 3_600_000

const words = (text: string): string[] => text.split(' ').filter(Boolean)

type Of<K extends TransferRow['kind']> = Extract<TransferRow, { kind: K }>
const only = <K extends TransferRow['kind']>(rows: readonly TransferRow[], kind: K): Of<K>[] =>
  rows.filter((row): row is Of<K> => row.kind === kind)

/** One statement for all rows: a column is an array, turned into rows by `unnest`. */
async function insert(
  { query }: Session,
  account: number,
  table: string,
  columns: readonly (readonly [name: string, type: string, values: readonly unknown[]])[],
): Promise<void> {
  if (columns[0]?.[2].length === 0) return
  const names = columns.map(([name]) => name)
  const arrays = columns.map(([, type], at) => `$${at + 2}::${type === 'bigint[]' ? 'text' : type}[]`)
  const values = columns.map(([name, type]) => (type === 'bigint[]' ? `${name}::bigint[]` : name))
  await query(
    `INSERT INTO mailbox.${table} (account, ${names.join(', ')})
     SELECT $1, ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS t(${names.join(', ')})`,
    [account, ...columns.map(([, , list]) => list)],
  )
}

const array = (numbers: readonly number[]): string => `{${numbers.join(',')}}`

async function putIndex(session: Session, account: number, rows: readonly TransferRow[]): Promise<void> {
  const boxes = only(rows, 'mailbox')
  await insert(session, account, 'mailboxes', [
    ['mailbox', 'bigint', boxes.map((row) => row.mailbox)],
    ['name', 'text', boxes.map((row) => row.name)],
    ['uid_validity', 'bigint', boxes.map((row) => row.uidValidity)],
    ['uid_next', 'bigint', boxes.map((row) => row.uidNext)],
    ['mod_seq', 'bigint', boxes.map((row) => row.modSeq)],
    ['special_use', 'text', boxes.map((row) => row.specialUse.join(' '))],
    ['messages', 'bigint', boxes.map((row) => row.messages)],
    ['unseen', 'bigint', boxes.map((row) => row.unseen)],
    ['deleted', 'bigint', boxes.map((row) => row.deleted)],
    ['size', 'bigint', boxes.map((row) => row.size)],
    ['recent_from', 'bigint', boxes.map((row) => row.recentFrom)],
  ])
  await insert(session, account, 'subscriptions', [['name', 'text', only(rows, 'subscription').map((row) => row.name)]])
  const entries = only(rows, 'entry')
  await insert(session, account, 'entries', [
    ['mailbox', 'bigint', entries.map((row) => row.mailbox)],
    ['uid', 'bigint', entries.map((row) => row.uid)],
    ['message', 'bigint', entries.map((row) => row.message)],
    ['flags', 'text', entries.map((row) => row.flags.join(' '))],
    ['mod_seq', 'bigint', entries.map((row) => row.modSeq)],
    ['size', 'bigint', entries.map((row) => row.size)],
    ['internal_date', 'float8', entries.map((row) => row.internalDate)],
    ['save_date', 'float8', entries.map((row) => row.saveDate)],
    ['uidl', 'text', entries.map((row) => row.uidl)],
  ])
  const threads = only(rows, 'thread')
  await insert(session, account, 'threads', [
    ['message_id', 'bytea', threads.map((row) => Buffer.from(row.messageId, 'hex'))],
    ['thread', 'bigint', threads.map((row) => row.thread)],
  ])
  const scripts = only(rows, 'script')
  await insert(session, account, 'scripts', [
    ['name', 'text', scripts.map((row) => row.name)],
    ['script', 'text', scripts.map((row) => row.text)],
  ])
  const marks = only(rows, 'mark')
  await insert(session, account, 'marks', [
    ['mark', 'bytea', marks.map((row) => Buffer.from(row.mark, 'hex'))],
    ['until', 'bigint', marks.map((row) => row.until)],
  ])
  const changes = only(rows, 'change')
  await insert(session, account, 'changes', [
    ['mailbox', 'bigint', changes.map((row) => row.mailbox)],
    ['mod_seq', 'bigint', changes.map((row) => row.modSeq)],
    ['added', 'bigint[]', changes.map((row) => array(row.added))],
    ['expunged', 'bigint[]', changes.map((row) => array(row.expunged))],
    ['flagged', 'bigint[]', changes.map((row) => array(row.flagged))],
  ])
}

async function putMessages(session: Session, account: number, messages: readonly Of<'message'>[]): Promise<void> {
  await insert(session, account, 'messages', [
    ['message', 'bigint', messages.map((row) => row.message)],
    ['entries', 'bigint', messages.map((row) => row.entries)],
    ['thread', 'bigint', messages.map((row) => row.thread)],
    ['keys', 'json', messages.map((row) => JSON.stringify(row.keys))],
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

const INDEX = ['mailboxes', 'subscriptions', 'entries', 'threads', 'changes', 'scripts', 'marks']
const CONTENT = ['messages', 'chunks']

export async function openPostgresTransfer(options: PostgresOptions): Promise<TransferEnd> {
  const db = await openDatabase({
    ...options,
    statementTimeout: PATIENCE,
    application: `${APPLICATION} migrate`,
  })

  /** All rows that `text` gives behind the last one's key ($2, $3). */
  async function* pages<R extends QueryResultRow>(
    text: string,
    account: number,
    key: (row: R) => readonly unknown[],
    first: readonly unknown[],
    size = PAGE,
  ): AsyncGenerator<R> {
    for (let last = first; ; ) {
      const page = await db.read<R>(`${text} LIMIT ${size}`, [account, ...last])
      yield* page
      const end = page.at(-1)
      if (page.length < size || !end) return
      last = key(end)
    }
  }

  async function* index(account: number): AsyncGenerator<TransferRow> {
    const boxes = 'SELECT * FROM mailbox.mailboxes WHERE account = $1 AND mailbox > $2 ORDER BY mailbox'
    for await (const row of pages<MailboxRecord>(boxes, account, (one) => [one.mailbox], [0])) {
      const { mailbox, name, messages, unseen, deleted, size } = row
      yield {
        kind: 'mailbox',
        mailbox,
        name,
        uidValidity: row.uid_validity,
        uidNext: row.uid_next,
        modSeq: row.mod_seq,
        specialUse: words(row.special_use).sort(),
        messages,
        unseen,
        deleted,
        size,
        recentFrom: row.recent_from,
      }
    }
    const names = `SELECT name FROM mailbox.subscriptions WHERE account = $1 AND name COLLATE "C" > $2 ORDER BY name COLLATE "C"`
    for await (const { name } of pages<{ name: string }>(names, account, (one) => [one.name], [''])) {
      yield { kind: 'subscription', name }
    }
    type Entry = EntryRecord & { readonly mailbox: number }
    const entries = `SELECT * FROM mailbox.entries WHERE account = $1 AND (mailbox, uid) > ($2, $3) ORDER BY mailbox, uid`
    for await (const row of pages<Entry>(entries, account, (one) => [one.mailbox, one.uid], [0, 0])) {
      const { mailbox, uid, message, size, uidl } = row
      const dates = { internalDate: row.internal_date, saveDate: row.save_date }
      yield { kind: 'entry', mailbox, uid, message, flags: words(row.flags), modSeq: row.mod_seq, size, ...dates, uidl }
    }
    const threads = `SELECT encode(message_id, 'hex') AS id, thread FROM mailbox.threads
      WHERE account = $1 AND message_id > decode($2, 'hex') ORDER BY message_id`
    for await (const row of pages<{ id: string; thread: number }>(threads, account, (one) => [one.id], [''])) {
      yield { kind: 'thread', messageId: row.id, thread: row.thread }
    }
    type Log = { mailbox: number; mod_seq: number; added: number[]; expunged: number[]; flagged: number[] }
    const changes = `SELECT * FROM mailbox.changes WHERE account = $1 AND (mailbox, mod_seq) > ($2, $3) ORDER BY mailbox, mod_seq`
    for await (const row of pages<Log>(changes, account, (one) => [one.mailbox, one.mod_seq], [0, 0])) {
      const { mailbox, mod_seq: modSeq, added, expunged, flagged } = row
      yield { kind: 'change', mailbox, modSeq, added, expunged, flagged }
    }
    const scripts = 'SELECT name, script FROM mailbox.scripts WHERE account = $1 AND name > $2 ORDER BY name'
    for await (const row of pages<{ name: string; script: string }>(scripts, account, (one) => [one.name], [''])) {
      yield { kind: 'script', name: row.name, text: row.script }
    }
    const marks = `SELECT encode(mark, 'hex') AS mark, until FROM mailbox.marks
      WHERE account = $1 AND mark > decode($2, 'hex') ORDER BY mark`
    for await (const row of pages<{ mark: string; until: number }>(marks, account, (one) => [one.mark], [''])) {
      yield { kind: 'mark', ...row }
    }
  }

  async function octetsOf(account: number, message: number): Promise<Buffer> {
    const text =
      'SELECT chunk, octets FROM mailbox.chunks WHERE account = $1 AND message = $2 AND chunk > $3 ORDER BY chunk'
    type Chunk = { chunk: number; octets: Buffer }
    const pieces: Buffer[] = []
    const all = pages<Chunk>(text, account, (one) => [message, one.chunk], [message, -1], CHUNKS)
    for await (const { octets } of all) pieces.push(octets)
    return Buffer.concat(pieces)
  }

  async function* content(account: number): AsyncGenerator<TransferRow> {
    type Message = { message: number; entries: number; thread: number; keys: unknown; prepared: Buffer }
    const text = 'SELECT * FROM mailbox.messages WHERE account = $1 AND message > $2 ORDER BY message'
    for await (const row of pages<Message>(text, account, (one) => [one.message], [0], MESSAGES)) {
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
      return found.map(
        (row): TransferAccount => ({
          account: row.account,
          name: row.name,
          attributes: row.attributes,
          lastMailbox: row.last_mailbox,
          lastMessage: row.last_message,
          lastUidValidity: row.last_uid_validity,
          usedBytes: row.used_bytes,
          usedMessages: row.used_messages,
          fence: row.fence,
        }),
      )
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
      yield* index(account)
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
             used_messages, fence) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
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
          ],
        )
      }),
    close: () => db.close(),
  }
}
