import { mkdirSync } from 'node:fs'
import type { SearchKeys } from '../../mime/prepared'
import { flagSet } from '../../terms/flags'
import { makeAccountId } from '../ids'
import { SPECIAL_USES } from '../store'
import type { TransferAccount, TransferEnd, TransferRow } from '../transfer'
import { LAST } from './accounts'
import { readBody, writeBody } from './bodies'
import { accountKey, after, logKey, mailboxKey, messageKey, rowKey, textKey } from './keys'
import { allMailboxes } from './mailbox-records'
import { decodeRow, encodeRow } from './row'
import { openTables } from './tables'

const PAGE = 1000

const digestKey = (account: number, hex: string): Buffer =>
  Buffer.concat([accountKey(account), Buffer.from(hex, 'hex')])

/** any table whose keys begin with the account */
interface Keyed {
  getKeys(range: { start: Buffer; end: Buffer; limit?: number }): Iterable<Buffer>
}

export async function openLmdbTransfer(path: string): Promise<TransferEnd> {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const tables = openTables(path)
  const { accounts, names, states, fences, mailboxes, subscriptions, rows, log, threads } = tables
  const { heads, prepared, bodies, references, scripts, marks } = tables
  const index = [mailboxes, subscriptions, rows, log, threads, scripts, marks, fences, states]
  const content = [heads, prepared, bodies, references]

  /** Keys in pages, so that no read transaction lasts longer than one. */
  function* keysOf(table: Keyed, account: number): Generator<Buffer> {
    const end = after(accountKey(account))
    for (let start = accountKey(account); ; ) {
      const page = [...table.getKeys({ start, end, limit: PAGE })].map((key) => Buffer.from(key))
      yield* page
      const last = page.at(-1)
      if (page.length < PAGE || !last) return
      start = Buffer.concat([last, Buffer.of(0)])
    }
  }

  function* indexRows(account: number): Generator<TransferRow> {
    for (const { number, record } of allMailboxes(tables, account)) {
      const { name, uidValidity, uidNext, modSeq, messages, unseen, deleted, size, recentFrom } = record
      const specialUse = [...record.specialUse].sort()
      const counters = { messages, unseen, deleted, size, recentFrom }
      yield { kind: 'mailbox', mailbox: number, name, uidValidity, uidNext, modSeq, specialUse, ...counters }
    }
    for (const key of keysOf(subscriptions, account)) yield { kind: 'subscription', name: key.toString('utf8', 4) }
    for (const key of keysOf(rows, account)) {
      const value = rows.get(key)
      if (!value) continue
      const { flags, ...row } = decodeRow(value)
      yield {
        kind: 'entry',
        mailbox: key.readUInt32BE(4),
        uid: key.readUInt32BE(8),
        flags: flags.names,
        ...row,
      }
    }
    for (const key of keysOf(threads, account)) {
      yield { kind: 'thread', messageId: key.toString('hex', 4), thread: threads.get(key) ?? 0 }
    }
    for (const key of keysOf(log, account)) {
      const { a = [], x = [], f = [] } = log.get(key) ?? {}
      const place = { mailbox: key.readUInt32BE(4), modSeq: key.readUIntBE(8, 6) }
      yield { kind: 'change', ...place, added: a, expunged: x, flagged: f }
    }
    for (const key of keysOf(scripts, account)) {
      yield { kind: 'script', name: key.toString('utf8', 4), text: scripts.get(key) ?? '' }
    }
    for (const key of keysOf(marks, account)) {
      yield { kind: 'mark', mark: key.toString('hex', 4), until: marks.get(key) ?? 0 }
    }
  }

  function* messageRows(account: number): Generator<TransferRow> {
    for (const key of keysOf(heads, account)) {
      const message = key.readUIntBE(4, 6)
      const head = heads.get(key)
      const parts = prepared.get(key)
      // The size stands in front of what is prepared.
      const octets = parts && readBody(tables, account, message, 0, parts.readUInt32BE(0))
      if (!head || !parts || !octets) throw new Error(`message ${message} of account ${account} is damaged`)
      const entries = (references.get(key) ?? 0) + 1
      yield { kind: 'message', message, entries, thread: head.thread, keys: head.keys, prepared: parts, octets }
    }
  }

  function put(account: number, row: TransferRow): void {
    switch (row.kind) {
      case 'mailbox': {
        const { kind: _kind, mailbox, specialUse, ...record } = row
        const uses = SPECIAL_USES.filter((use) => specialUse.includes(use))
        void mailboxes.put(mailboxKey(account, mailbox), { ...record, specialUse: uses })
        return
      }
      case 'subscription':
        void subscriptions.put(textKey(account, row.name), true)
        return
      case 'entry':
        void rows.put(rowKey(account, row.mailbox, row.uid), encodeRow({ ...row, flags: flagSet(row.flags) }))
        return
      case 'thread':
        void threads.put(digestKey(account, row.messageId), row.thread)
        return
      case 'script':
        void scripts.put(textKey(account, row.name), row.text)
        return
      case 'mark':
        void marks.put(digestKey(account, row.mark), row.until)
        return
      case 'change':
        void log.put(logKey(account, row.mailbox, row.modSeq), { a: row.added, x: row.expunged, f: row.flagged })
        return
      case 'message': {
        const key = messageKey(account, row.message)
        // Whoever wrote `keys` had them from a prepared message.
        void heads.put(key, { thread: row.thread, keys: row.keys as SearchKeys })
        void prepared.put(key, row.prepared)
        if (row.entries > 1) void references.put(key, row.entries - 1)
        writeBody(tables, account, row.message, row.octets)
      }
    }
  }

  return {
    async others() {
      tables.root.readerCheck()
      const pids = [...tables.root.readerList().matchAll(/^\s*(\d+)\s/gm)].map(([, pid]) => Number(pid))
      return [...new Set(pids)].filter((pid) => pid !== process.pid).map((pid) => `process ${pid}`)
    },
    async accounts() {
      tables.fresh()
      return [...accounts.getRange()].map(({ key, value }): TransferAccount => {
        const state = states.get(key)
        const { id: _id, name, ...attributes } = value
        return {
          account: Buffer.from(key).readUInt32BE(0),
          name,
          attributes,
          lastMailbox: state?.mailboxes ?? 0,
          lastMessage: state?.messages ?? 0,
          lastUidValidity: state?.uidValidity ?? 0,
          usedBytes: state?.usedBytes ?? 0,
          usedMessages: state?.usedMessages ?? 0,
          fence: fences.get(key) ?? 0,
        }
      })
    },
    lastAccount: async () => names.get(LAST) ?? 0,
    setLastAccount: (account) => tables.write(() => void names.put(LAST, account)),
    async *rows(account) {
      tables.fresh()
      yield* indexRows(account)
      yield* messageRows(account)
    },
    async begin(account, keep) {
      await tables.write(() => {
        const name = accounts.get(accountKey(account))?.name
        if (name !== undefined) void names.remove(name)
        void accounts.remove(accountKey(account))
        for (const table of keep ? index : [...index, ...content]) {
          const range = { start: accountKey(account), end: after(accountKey(account)) }
          for (const key of [...table.getKeys(range)]) void table.remove(key)
        }
      })
      tables.fresh()
      return new Set([...keysOf(heads, account)].map((key) => key.readUIntBE(4, 6)))
    },
    put: (account, list) => tables.write(() => list.forEach((row) => void put(account, row))),
    publish: ({ account, name, attributes, ...state }) =>
      tables.write(() => {
        const key = accountKey(account)
        // What `accounts` of the other end read: an Account without its id and its name.
        const rest = attributes as Omit<Parameters<typeof accounts.put>[1], 'id' | 'name'>
        void accounts.put(key, { ...rest, id: makeAccountId(account), name })
        void names.put(name, account)
        void fences.put(key, state.fence)
        void states.put(key, {
          mailboxes: state.lastMailbox,
          messages: state.lastMessage,
          uidValidity: state.lastUidValidity,
          usedBytes: state.usedBytes,
          usedMessages: state.usedMessages,
        })
      }),
    close: () => tables.close(),
  }
}
