import { createHash } from 'node:crypto'
import { checkNewName } from '../mailbox/mailbox-name'
import type { PreparedMessage } from '../mime/prepared'
import type { Mailbox, NewMessage, Store } from '../store/store'
import { flagSet } from '../terms/flags'
import type { AccountId } from '../terms/names'
import { type Uid, uid } from '../terms/numbers'
import type { Source, SourceMailbox, SourceMessage } from './source'

export interface ImportPorts {
  readonly store: Store
  prepare(bytes: Buffer): PreparedMessage
}

export interface ImportOptions {
  /** only says what would happen */
  readonly dryRun: boolean
  /** reads all again afterwards and compares octets */
  readonly verify: boolean
  progress(done: number, all: number, bytes: number): void
}

/** What clients of the old server see afterwards. `kept`: nothing is downloaded again. */
export type Uids = { readonly kind: 'kept' } | { readonly kind: 'new'; readonly why: string }

export interface MailboxReport {
  readonly name: string
  readonly found: number
  readonly added: number
  readonly uids: Uids
  readonly problems: readonly string[]
}

/** Messages of one transaction: this many, or as many octets. */
const BATCH = 200
const BATCH_OCTETS = 8 * 1024 * 1024
const MAX_PROBLEMS = 1000
/** Messages by which a mailbox is known again, and those of the source that are looked at for them. */
const MAX_COMPARED = 10
const MAX_SEEN = 200

/** No UIDL: those have no blank (RFC 1939 7). */
const BROUGHT = 'brought before'
const FLAG = /^\\?[^\x00-\x20\x7f-\uffff(){%*"\\\]]+$/

/**
 * Brings the mail of `source` into an account, mailbox by mailbox. It can be run again at any time, after a kill too: what is
 * there already is known by its UID where UIDs are kept, and by its UIDL elsewhere, and both change in one transaction with
 * the message.
 */
export function createImport({ store, prepare }: ImportPorts) {
  /** The octets of a message here, if they can be those of `octets`. */
  async function isSame(account: AccountId, mailbox: Mailbox, one: Uid, octets: Buffer): Promise<boolean | undefined> {
    for await (const [row] of store.messages.rows(account, mailbox.id, [one])) {
      if (!row) continue
      return (
        row.size === octets.length && (await store.messages.read(account, row.emailId, 0, row.size))?.equals(octets)
      )
    }
    return undefined
  }

  /** Whether the source has other octets under a UID, among the first ones from `start` that both have. */
  async function differs(account: AccountId, existing: Mailbox, from: SourceMailbox, start: number): Promise<boolean> {
    let compared = 0
    let seen = 0
    for await (const message of from.messages(start)) {
      if (message.uid === undefined || message.uid >= existing.uidNext) break
      if (++seen > MAX_SEEN || compared >= MAX_COMPARED) break
      if (message.uid < start) continue
      const octets = await message.read().catch(() => undefined)
      const same = octets && (await isSame(account, existing, message.uid, octets))
      if (same === false) return true
      if (same) compared++
    }
    return false
  }

  /**
   * UIDVALIDITY is the second of a mailbox's birth in most servers, so mailboxes of two accounts often share one. What is under a
   * UID never changes (RFC 9051 2.3.1.1): other octets there are another mailbox, or mail that came here meanwhile.
   */
  const isAnother = async (account: AccountId, existing: Mailbox, from: SourceMailbox): Promise<boolean> =>
    (await differs(account, existing, from, 1)) ||
    (await differs(account, existing, from, Math.max(1, existing.uidNext - MAX_COMPARED)))

  async function whatHappens(account: AccountId, existing: Mailbox | undefined, from: SourceMailbox): Promise<Uids> {
    const { uids } = from
    if (!uids) return { kind: 'new', why: 'the source has no UIDs' }
    if (!existing || existing.uidNext === 1) return { kind: 'kept' }
    if (existing.uidValidity === uids.validity) {
      if (!(await isAnother(account, existing, from))) return { kind: 'kept' }
      return {
        kind: 'new',
        why: `here is other mail under the same UIDs: another mailbox of UIDVALIDITY ${existing.uidValidity}, or new mail`,
      }
    }
    return { kind: 'new', why: `the mailbox here has had mail under another UIDVALIDITY (${existing.uidValidity})` }
  }

  async function target(account: AccountId, mailbox: SourceMailbox, name: string, uids: Uids): Promise<Mailbox> {
    const taken = (await store.mailboxes.list(account)).flatMap((one) => (one.name === name ? [] : one.specialUse))
    const specialUse = mailbox.specialUse.filter((use) => !taken.includes(use))
    const validity = uids.kind === 'kept' && mailbox.uids ? { uidValidity: mailbox.uids.validity } : {}
    const made = await store.mailboxes.create(account, name, { specialUse, ...validity })
    if (made.ok) return made.value.value
    const found = await store.mailboxes.find(account, name)
    if (!found) throw new Error(`${name}: ${made.fault.kind}`)
    return found
  }

  async function asNew(message: SourceMessage, keepUid: boolean): Promise<NewMessage> {
    const bytes = await message.read()
    if (bytes.length === 0) throw new Error('it is empty')
    return {
      bytes,
      prepared: prepare(bytes),
      flags: flagSet(message.flags.filter((flag) => FLAG.test(flag)).slice(0, 100)),
      internalDate: message.internalDate,
      ...(keepUid && message.uid !== undefined && { uid: message.uid }),
      ...(message.uidl !== undefined && /^[\x21-\x7e]{1,70}$/.test(message.uidl) && { uidl: message.uidl }),
    }
  }

  async function uidlsOf(account: AccountId, mailbox: Mailbox): Promise<ReadonlyMap<string, Uid>> {
    const uidls = await store.messages.uidls(account, mailbox.id)
    const snapshot = await store.messages.snapshot(account, mailbox.id)
    return new Map([...(snapshot?.uids ?? [])].map((one, index) => [uidls[index] ?? '', uid(one)]))
  }

  /**
   * Without UIDs a message is known by its UIDL; an identity of the source's own stands in where it has none. Messages of two
   * mailboxes may share it, as they may share a UIDVALIDITY: the second one is known by its octets.
   */
  async function newUidl(
    account: AccountId,
    mailbox: Mailbox,
    from: SourceMailbox,
    message: SourceMessage,
    known: ReadonlyMap<string, Uid>,
  ): Promise<string | undefined> {
    const wanted = message.uidl ?? (from.uids ? `${from.uids.validity}.${message.uid}` : undefined)
    const there = wanted === undefined ? undefined : known.get(wanted)
    if (there === undefined) return wanted
    const octets = await message.read()
    if ((await isSame(account, mailbox, there, octets)) !== false) return BROUGHT
    const own = createHash('sha256').update(`${wanted} `).update(octets).digest('hex')
    return known.has(own) ? BROUGHT : own
  }

  async function fill(
    account: AccountId,
    mailbox: Mailbox,
    from: SourceMailbox,
    keep: boolean,
    tell: (message: NewMessage) => void,
    problem: (text: string) => void,
  ): Promise<number> {
    const known = keep ? new Map<string, Uid>() : await uidlsOf(account, mailbox)
    let added = 0
    let batch: NewMessage[] = []
    let octets = 0
    const flush = async (): Promise<void> => {
      if (batch.length === 0) return
      const done = await store.messages.append(account, mailbox.id, batch)
      if (!done.ok) throw new Error(`${from.name}: ${done.fault.kind}`)
      added += batch.length
      for (const message of batch) tell(message)
      batch = []
      octets = 0
    }
    for await (const message of from.messages(keep ? mailbox.uidNext : 1)) {
      if (keep && message.uid !== undefined && message.uid < mailbox.uidNext) continue
      try {
        const uidl = keep ? message.uidl : await newUidl(account, mailbox, from, message, known)
        if (uidl === BROUGHT) continue
        const made = await asNew({ ...message, uidl }, keep)
        batch.push(made)
        octets += made.bytes.length
      } catch (error) {
        problem(`${message.label}: ${error instanceof Error ? error.message : String(error)}`)
      }
      if (batch.length >= BATCH || octets >= BATCH_OCTETS) await flush()
    }
    await flush()
    return added
  }

  /** Hash of every message of the source, and of the account's mailbox: what is missing here, by label. */
  async function compare(account: AccountId, mailbox: Mailbox, from: SourceMailbox): Promise<readonly string[]> {
    const sum = (octets: Buffer): string => createHash('sha256').update(octets).digest('base64')
    const here = new Map<string, number>()
    const snapshot = await store.messages.snapshot(account, mailbox.id)
    const uids = [...(snapshot?.uids ?? [])]
    for await (const rows of store.messages.rows(account, mailbox.id, uids.map(uid))) {
      for (const { emailId, size } of rows) {
        const octets = await store.messages.read(account, emailId, 0, size)
        const key = octets ? sum(octets) : ''
        here.set(key, (here.get(key) ?? 0) + 1)
      }
    }
    const missing: string[] = []
    for await (const message of from.messages(1)) {
      const key = sum(await message.read().catch(() => Buffer.alloc(0)))
      const left = here.get(key) ?? 0
      if (left === 0) missing.push(`${message.label}: not found here with the same octets`)
      else here.set(key, left - 1)
    }
    return missing
  }

  async function one(
    account: AccountId,
    from: SourceMailbox,
    { dryRun, verify }: ImportOptions,
    tell: (message: NewMessage) => void,
  ): Promise<MailboxReport> {
    const problems: string[] = []
    const problem = (text: string): void => {
      if (problems.length < MAX_PROBLEMS) problems.push(text)
    }
    const checked = checkNewName(from.name)
    const report = { name: from.name, found: from.count, problems }
    if (!checked.ok) {
      const why = checked.fault.kind === 'bad-mailbox-name' ? checked.fault.why : checked.fault.kind
      return { ...report, added: 0, uids: { kind: 'new', why }, problems: [`${from.name}: ${why}`] }
    }
    const name = checked.value
    const existing = await store.mailboxes.find(account, name)
    const uids = await whatHappens(account, existing, from)
    if (dryRun) return { ...report, added: 0, uids }
    const mailbox = await target(account, from, name, uids)
    const added = await fill(account, mailbox, from, uids.kind === 'kept', tell, problem)
    if (uids.kind === 'kept' && from.uids) {
      // Numbers that the old server gave away and took back must not come again.
      await store.mailboxes.create(account, name, { uidValidity: from.uids.validity, uidNext: from.uids.next })
    }
    if (verify) for (const text of await compare(account, mailbox, from)) problem(text)
    return { ...report, added, uids }
  }

  return async function run(
    account: AccountId,
    source: Source,
    options: ImportOptions,
  ): Promise<readonly MailboxReport[]> {
    const mailboxes: SourceMailbox[] = []
    for await (const mailbox of source.mailboxes()) mailboxes.push(mailbox)
    const all = mailboxes.reduce((sum, { count }) => sum + count, 0)
    let done = 0
    let bytes = 0
    const reports: MailboxReport[] = []
    for (const mailbox of mailboxes) {
      const report = await one(account, mailbox, options, (message) => {
        done++
        bytes += message.bytes.length
        options.progress(done, all, bytes)
      })
      reports.push(report)
    }
    if (!options.dryRun) {
      for (const name of await source.subscriptions()) {
        const checked = checkNewName(name)
        if (checked.ok) await store.mailboxes.setSubscribed(account, checked.value, true)
      }
    }
    return reports
  }
}
