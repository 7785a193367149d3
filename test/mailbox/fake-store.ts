import type { Account } from '../../lib/store/account'
import {
  type Change,
  type Commit,
  type IndexRow,
  type MailboxChange,
  NO_COMMIT,
  type Written,
} from '../../lib/store/change'
import { recordTables } from '../../lib/store/records'
import {
  type AccountTable,
  type Mailbox,
  type MailboxTable,
  type MessageRow,
  type MessageTable,
  type NewMessage,
  type Snapshot,
  type Store,
  StoreUnavailable,
} from '../../lib/store/store'
import { failed, ok, type Result } from '../../lib/terms/fault'
import { changeFlags, type FlagSet } from '../../lib/terms/flags'
import { type AccountId, accountId, emailId, type MailboxId, mailboxId, threadId } from '../../lib/terms/names'
import { fence, modSeq, type Uid, uid, uidValidity } from '../../lib/terms/numbers'
import { fakeRecords } from './fake-records'

/**
 * One account in memory, with what a test wants to decide for itself: when a write's promise resolves (and so in which order
 * commits reach the views), how far back the log reaches, and when the engine is broken. The conformance suite is for the
 * real stores; this one is for the order of things.
 */
export interface FakeStore extends Store {
  /** Resolves the writes that are waiting, in the order that the numbers give; needed after `hold`. */
  letGo(order?: (waiting: number) => number): void
  hold(): void
  forgetLog(): void
  /** What there is now is on the disk. @returns a crash: all that was done since is lost, and every mailbox leaps */
  flush(): () => void
  broken: boolean
  /** how often the store was asked for changes or a snapshot */
  readonly asked: { changes: number; snapshots: number; heads: number; claims: number }
}

interface Box {
  mailbox: Mailbox
  rows: Map<Uid, MessageRow & { bytes: Buffer }>
  log: { change: MailboxChange; at: number }[]
}

const ALWAYS: readonly string[] = []

export function fakeStore(id: AccountId = accountId('a1'), patch: Partial<Account> = {}): FakeStore {
  const account: Account = {
    id,
    name: 'a@example.org',
    disabled: false,
    protocols: ALWAYS,
    overrides: {},
    admin: false,
    credentials: {},
    createdAt: 0,
    ...patch,
  }
  const boxes = new Map<MailboxId, Box>()
  const asked = { changes: 0, snapshots: 0, heads: 0, claims: 0 }
  let serial = 0
  let highestFence = 0
  let waiting: (() => void)[] | undefined
  let broken = false

  function born(name: string, specialUse: Mailbox['specialUse'] = []): Box {
    const box: Box = {
      mailbox: {
        id: mailboxId(`m${++serial}`),
        name,
        uidValidity: uidValidity(serial),
        uidNext: uid(1),
        highestModSeq: modSeq(1),
        gaps: [],
        specialUse,
        subscribed: false,
        messages: 0,
        unseen: 0,
        deleted: 0,
        size: 0,
        recentFrom: uid(1),
      },
      rows: new Map(),
      log: [],
    }
    boxes.set(box.mailbox.id, box)
    return box
  }
  born('INBOX')

  function working(): void {
    if (broken) throw new StoreUnavailable('broken')
  }
  const named = (name: string) => [...boxes.values()].find((box) => box.mailbox.name === name)

  /** The write is done now; the caller hears of it when the test lets it. */
  async function written<T>(value: T, commit: Commit = NO_COMMIT): Promise<Result<Written<T>>> {
    if (waiting !== undefined) await new Promise<void>((resolve) => waiting?.push(resolve))
    return ok({ value, commit })
  }
  function changed(box: Box, changes: readonly Change[]): MailboxChange {
    const after = box.mailbox.highestModSeq
    const highestModSeq = modSeq(after + 1)
    box.mailbox = { ...box.mailbox, highestModSeq, messages: box.rows.size }
    const change = { account: id, mailbox: box.mailbox.id, after, modSeq: highestModSeq, changes }
    box.log.push({ change, at: highestModSeq })
    return change
  }
  const indexRow = ({ uid, flags, modSeq, size, internalDate }: IndexRow): IndexRow => ({
    uid,
    flags,
    modSeq,
    size,
    internalDate,
  })

  function add(box: Box, message: Pick<NewMessage, 'bytes' | 'prepared' | 'flags' | 'internalDate'>): MessageRow {
    const number = box.mailbox.uidNext
    const row = {
      ...message,
      uid: number,
      modSeq: modSeq(box.mailbox.highestModSeq + 1),
      size: message.bytes.length,
      emailId: emailId(`e${++serial}`),
      threadId: threadId('t1'),
      saveDate: 0,
      uidl: `u${number}`,
    }
    box.rows.set(number, row)
    box.mailbox = { ...box.mailbox, uidNext: uid(number + 1) }
    return row
  }
  function take(box: Box, uids: readonly Uid[], only: 'deleted' | 'all' = 'all'): Uid[] {
    const gone = uids.filter((one) => {
      const row = box.rows.get(one)
      return row !== undefined && (only === 'all' || row.flags.has('\\Deleted'))
    })
    for (const one of gone) box.rows.delete(one)
    return gone
  }
  const total = () => [...boxes.values()].flatMap((box) => [...box.rows.values()])

  const messages: MessageTable = {
    async append(_account, mailbox, incoming, options) {
      working()
      const box = boxes.get(mailbox)
      if (box === undefined) return failed({ kind: 'no-such-mailbox' })
      const bytes = [...total(), ...incoming].reduce((sum, one) => sum + one.bytes.length, 0)
      const { quota } = options ?? {}
      if (quota && (bytes > quota.bytes || total().length + incoming.length > quota.messages)) {
        return failed({ kind: 'over-quota' })
      }
      const rows = incoming.map((message) => add(box, message))
      const commit = { mailboxes: [changed(box, [{ kind: 'added', rows: rows.map(indexRow) }])], list: [] }
      return written(
        rows.map((row) => row.uid),
        commit,
      )
    },
    async snapshot(_account, mailbox) {
      working()
      asked.snapshots++
      const box = boxes.get(mailbox)
      return box && snapshotOf(box)
    },
    async changesSince(account, mailbox, since) {
      working()
      asked.changes++
      const box = boxes.get(mailbox)
      if (box === undefined) return undefined
      const first = box.log[0]?.change.after ?? box.mailbox.highestModSeq
      if (since < first) return undefined
      const later = box.log.filter((one) => one.at > since).flatMap((one) => one.change.changes)
      const touched = (kind: 'added' | 'flags') =>
        [...new Set(later.flatMap((one) => (one.kind === kind ? one.rows.map((row) => row.uid) : [])))]
          .sort((a, b) => a - b)
          .flatMap((one) => box.rows.get(one) ?? [])
          .map(indexRow)
      const expunged = later.flatMap((one) => (one.kind === 'expunged' ? one.uids : [])).sort((a, b) => a - b)
      const changes: Change[] = [
        { kind: 'added', rows: touched('added') },
        { kind: 'expunged', uids: expunged },
        { kind: 'flags', rows: touched('flags') },
      ]
      return { account, mailbox, after: since, modSeq: box.mailbox.highestModSeq, changes }
    },
    async expungedSince() {
      return undefined
    },
    async *rows(_account, mailbox, uids) {
      working()
      for (const one of uids) {
        const row = boxes.get(mailbox)?.rows.get(one)
        if (row !== undefined) yield [row]
      }
    },
    async *keys() {},
    async maildrop(_account, mailbox, above) {
      const rows = [...(boxes.get(mailbox)?.rows.values() ?? [])].filter((row) => row.uid > (above ?? 0))
      const uids = Uint32Array.from(rows, (row) => row.uid)
      return { uids, added: new Uint32Array(uids.length), imported: new Map(rows.map((row) => [row.uid, row.uidl])) }
    },
    async read(_account, email, start, end) {
      working()
      return total()
        .find((row) => row.emailId === email)
        ?.bytes.subarray(start, end)
    },
    async storeFlags(_account, mailbox, uids, how, flags, unchangedSince) {
      working()
      const box = boxes.get(mailbox)
      if (box === undefined) return failed({ kind: 'no-such-mailbox' })
      const there = uids.flatMap((one) => box.rows.get(one) ?? [])
      const modified = there.filter((row) => unchangedSince !== undefined && row.modSeq > unchangedSince)
      const at = modSeq(box.mailbox.highestModSeq + 1)
      const rows: IndexRow[] = []
      for (const row of there) {
        const after: FlagSet = changeFlags(row.flags, how, flags)
        if (modified.includes(row) || after.wire === row.flags.wire) continue
        box.rows.set(row.uid, { ...row, flags: after, modSeq: at })
        rows.push(indexRow({ ...row, flags: after, modSeq: at }))
      }
      const mailboxes = rows.length === 0 ? [] : [changed(box, [{ kind: 'flags', rows }])]
      return written({ modified: modified.map((row) => row.uid), rows }, { mailboxes, list: [] })
    },
    async expunge(_account, mailbox, uids, options) {
      working()
      const box = boxes.get(mailbox)
      if (box === undefined) return failed({ kind: 'no-such-mailbox' })
      if (options.fence !== undefined && options.fence < highestFence) return failed({ kind: 'lease-lost' })
      const gone = take(box, uids, options.only)
      const mailboxes = gone.length === 0 ? [] : [changed(box, [{ kind: 'expunged', uids: gone }])]
      return written(gone, { mailboxes, list: [] })
    },
    async replace(owner, from, replaced, to, message) {
      const source = boxes.get(from)
      if (!source?.rows.has(replaced)) return failed({ kind: 'message-gone' })
      const added = await messages.append(owner, to, [message])
      if (!added.ok) return added
      const [one = uid(1)] = added.value.value
      take(source, [replaced], 'all')
      const expunged = changed(source, [{ kind: 'expunged', uids: [replaced] }])
      return written(one, { mailboxes: [...added.value.commit.mailboxes, expunged], list: [] })
    },
    async copy(_account, from, uids, to) {
      return transfer(from, uids, to, 'copy')
    },
    async move(_account, from, uids, to, options) {
      if (options?.fence !== undefined && options.fence < highestFence) return failed({ kind: 'lease-lost' })
      return transfer(from, uids, to, 'move')
    },
  }
  async function transfer(from: MailboxId, uids: readonly Uid[], to: MailboxId, how: 'copy' | 'move') {
    working()
    const [source, target] = [boxes.get(from), boxes.get(to)]
    if (source === undefined || target === undefined) return failed({ kind: 'no-such-mailbox' } as const)
    const rows = uids.flatMap((one) => source.rows.get(one) ?? [])
    const added = rows.map((row) => add(target, row))
    const gone = how === 'move' ? take(source, uids) : []
    const mailboxes = added.length === 0 ? [] : [changed(target, [{ kind: 'added', rows: added.map(indexRow) }])]
    if (gone.length > 0) mailboxes.push(changed(source, [{ kind: 'expunged', uids: gone }]))
    const value = {
      source: rows.map((row) => row.uid),
      destination: added.map((row) => row.uid),
      uidValidity: target.mailbox.uidValidity,
    }
    return written(value, { mailboxes, list: [] })
  }

  const accounts: AccountTable = {
    create: async () => ok(account),
    get: async (wanted) => (wanted === id ? account : undefined),
    find: async () => account,
    update: async () => ok(account),
    remove: async () => ok(undefined),
    async *list() {
      yield account
    },
    usage: async () => ({ bytes: total().reduce((sum, row) => sum + row.size, 0), messages: total().length }),
  }

  const mailboxes: MailboxTable = {
    list: async (owner) => (owner === id ? [...boxes.values()].map((box) => box.mailbox) : []),
    async find(_account, name) {
      working()
      return named(name)?.mailbox
    },
    async get(_account, wanted) {
      working()
      return boxes.get(wanted)?.mailbox
    },
    async modSeq(_account, wanted) {
      working()
      asked.heads++
      return boxes.get(wanted)?.mailbox.highestModSeq
    },
    async create(_account, name, options) {
      if (named(name) !== undefined) return failed({ kind: 'mailbox-exists' })
      const { mailbox } = born(name, options?.specialUse)
      return written(mailbox, {
        mailboxes: [],
        list: [{ account: id, kind: 'created', mailbox: mailbox.id, name }],
      })
    },
    async rename(_account, from, to) {
      const box = named(from)
      if (box === undefined) return failed({ kind: 'no-such-mailbox' })
      box.mailbox = { ...box.mailbox, name: to }
      return written(undefined, {
        mailboxes: [],
        list: [{ account: id, kind: 'renamed', mailbox: box.mailbox.id, name: to, oldName: from }],
      })
    },
    async remove(_account, name) {
      const box = named(name)
      if (box === undefined) return failed({ kind: 'no-such-mailbox' })
      boxes.delete(box.mailbox.id)
      return written(undefined, {
        mailboxes: [],
        list: [{ account: id, kind: 'deleted', mailbox: box.mailbox.id, name }],
      })
    },
    setSpecialUse: async () => written(undefined),
    async claimRecent(_account, wanted) {
      asked.claims++
      const box = boxes.get(wanted)
      if (box === undefined) return { from: uid(1), next: uid(1) }
      const { recentFrom, uidNext } = box.mailbox
      box.mailbox = { ...box.mailbox, recentFrom: uidNext }
      return { from: recentFrom, next: uidNext }
    },
  }

  return {
    ...recordTables(fakeRecords(account), mailboxes),
    facts: { name: 'fake', sharedByProcesses: false, sharedByHosts: false },
    accounts,
    messages,
    mailboxes,
    async raiseFence(_account, to) {
      working()
      highestFence = Math.max(highestFence, fence(to))
    },
    usable: async () => undefined,
    check: async () => [],
    close: async () => {},
    asked,
    get broken() {
      return broken
    },
    set broken(value) {
      broken = value
    },
    hold() {
      waiting = []
    },
    letGo(order = () => 0) {
      const resolves = waiting ?? []
      waiting = undefined
      while (resolves.length > 0) for (const resolve of resolves.splice(order(resolves.length), 1)) resolve()
    },
    flush() {
      const flushed = [...boxes].map(([key, { mailbox, rows }]) => ({ key, mailbox, rows: new Map(rows) }))
      return () => {
        boxes.clear()
        for (const { key, mailbox, rows } of flushed) {
          const { highestModSeq: after, gaps } = mailbox
          const before = modSeq(after + 1000)
          boxes.set(key, {
            mailbox: { ...mailbox, highestModSeq: before, gaps: [...gaps, { after, before }] },
            rows,
            log: [],
          })
        }
      }
    },
    forgetLog() {
      for (const box of boxes.values()) box.log = []
    },
  }
}

function snapshotOf({ mailbox, rows }: Box): Snapshot {
  const all = [...rows.values()].sort((a, b) => a.uid - b.uid)
  return {
    mailbox,
    uids: Uint32Array.from(all, (row) => row.uid),
    sizes: Uint32Array.from(all, (row) => row.size),
    modSeqs: Float64Array.from(all, (row) => row.modSeq),
    internalDates: Float64Array.from(all, (row) => row.internalDate),
    flags: Uint32Array.from(all, (_, index) => index),
    flagSets: all.map((row) => row.flags),
  }
}
