import { checkNewName } from '../mailbox/mailbox-name'
import type { AppendOptions, Mailbox, Store } from '../store/store'
import { textOf } from '../terms/errors'
import type { AccountId } from '../terms/names'
import type { SpecialUse } from '../terms/special-use'
import { type Filled, fill, type ImportPorts } from './fill'
import { follow } from './follow'
import { type Uids, whatHappens } from './known'
import { inParallel } from './parallel'
import { createRemarks, type Remarks } from './remarks'
import { type Here, type Source, SourceGone, type SourceMailbox } from './source'
import { verifyAdded, verifyAll } from './verify'

export interface ImportOptions {
  /** only says what would happen */
  readonly dryRun: boolean
  /** `new`: what came is read back from the store; `all`: both sides are read whole again; both by hash */
  readonly verify: 'all' | 'new' | 'no'
  /** mailboxes at a time; default: one */
  readonly parallel?: number
  /** flags and deletions of the source, for what an earlier run brought */
  readonly follow?: boolean
  /** of mailboxes by name, where the source does not tell it */
  readonly specialUse?: ReadonlyMap<string, SpecialUse>
  /** how messages are known that are in the mailbox already; default: by UIDs where they are kept, by UIDLs elsewhere */
  here?(mailbox: Mailbox | undefined): Promise<Here>
  /** checked with each transaction; default: none */
  readonly quota?: AppendOptions
  /** messages found in the source, before any is brought */
  found?(messages: number): void
  /** a message is done: its octets if they came now, else 0 */
  progress?(octets: number): void
}

export interface MailboxReport {
  readonly name: string
  readonly found: number
  readonly added: number
  /** of those added */
  readonly octets: number
  /** here before */
  readonly there: number
  /** a dry run that looked: what it would have added */
  readonly wouldAdd?: number
  readonly uids: Uids
  /** for people; nothing that somebody has to do */
  readonly notes?: readonly string[]
  /** what is missing */
  readonly problems: readonly string[]
  /** what was taken and may be wrong */
  readonly doubts: readonly string[]
}

interface Plan {
  readonly from: SourceMailbox
  /** canonical; undefined: no name for a mailbox */
  readonly name: string | undefined
  readonly uids: Uids
  readonly problems: Remarks
}

type Looked = Partial<Pick<MailboxReport, 'there' | 'wouldAdd' | 'notes'>>

const NOTHING: Filled = {
  octets: 0,
  added: new Map(),
  there: 0,
  older: new Map(),
  deletedHere: new Set(),
  cutOff: undefined,
}

/**
 * Brings the mail of `source` into an account, mailbox by mailbox. It can be run again at any time, after a kill too: what is
 * there already is known by its UID where UIDs are kept, and by its UIDL elsewhere, and both change in one transaction with
 * the message.
 */
export function createImport(ports: ImportPorts) {
  const { store } = ports

  async function plan(account: AccountId, from: SourceMailbox): Promise<Plan> {
    const problems = createRemarks()
    const refused = (why: string): Plan => {
      problems.add(`${from.name}: ${why}`)
      return { from, name: undefined, uids: { kind: 'new', why }, problems }
    }
    if (from.broken !== undefined) return refused(from.broken)
    const checked = checkNewName(from.name)
    if (!checked.ok) return refused(checked.fault.kind === 'bad-mailbox-name' ? checked.fault.why : checked.fault.kind)
    const existing = await store.mailboxes.find(account, checked.value)
    try {
      return { from, name: checked.value, uids: await whatHappens(store, account, existing, from), problems }
    } catch (error) {
      if (error instanceof SourceGone) throw error
      return refused(textOf(error))
    }
  }

  async function bring(account: AccountId, { from, uids, problems }: Plan, mailbox: Mailbox, options: ImportOptions) {
    const problem = problems.add
    const keepUids = uids.kind === 'kept'
    const tell = (octets: number): void => options.progress?.(octets)
    const { quota } = options
    const here = await options.here?.(mailbox)
    const filled = await fill(ports, { account, mailbox, from, keepUids, here, quota, tell, problem })
    if (keepUids && from.uids && !filled.cutOff) {
      // Numbers that the old server gave away and took back must not come again.
      const { validity, next } = from.uids
      await store.mailboxes.create(account, mailbox.name, { uidValidity: validity, uidNext: next })
      if (options.follow) await follow(store, account, mailbox, filled.older, next)
    }
    if (options.verify !== 'no') {
      for (const text of await verifyAdded(store, account, mailbox, filled.added)) problem(text)
    }
    if (options.verify === 'all' && !filled.cutOff) {
      for (const text of await verifyAll(store, account, mailbox, from, filled.deletedHere)) problem(text)
    }
    return { ...filled, ...(here && { notes: here.notes() }) }
  }

  /** What is here of it, and what is not. */
  async function look(account: AccountId, { from, name, problems }: Plan, options: ImportOptions): Promise<Looked> {
    if (!options.here || name === undefined) return {}
    const here = await options.here(await store.mailboxes.find(account, name))
    let [there, wouldAdd] = [0, 0]
    for await (const message of from.messages(1)) {
      try {
        if (await here.has(message)) there++
        else wouldAdd++
      } catch (error) {
        problems.add(`${message.label}: ${textOf(error)}`)
      }
      options.progress?.(0)
    }
    return { there, wouldAdd, notes: here.notes() }
  }

  return async function run(
    account: AccountId,
    source: Source,
    options: ImportOptions,
  ): Promise<readonly MailboxReport[]> {
    const { parallel = 1, dryRun } = options
    const mailboxes: SourceMailbox[] = []
    for await (const mailbox of source.mailboxes()) mailboxes.push(mailbox)
    options.found?.(mailboxes.reduce((sum, { count }) => sum + count, 0))
    const plans = await inParallel(mailboxes, parallel, (from) => plan(account, from))
    const targets = new Map<Plan, Mailbox>()
    if (!dryRun) {
      for (const one of plans) {
        if (one.name !== undefined) targets.set(one, await target(store, account, one, one.name, options.specialUse))
      }
    }
    let gone: SourceGone | undefined
    const reports = await inParallel(plans, parallel, async (one): Promise<MailboxReport> => {
      const mailbox = targets.get(one)
      if (mailbox && gone) one.problems.add(`${mailbox.name}: not read: ${gone.message}`)
      const looked = dryRun ? await look(account, one, options) : {}
      const filled: Filled & Pick<MailboxReport, 'notes'> =
        mailbox && !gone ? await bring(account, one, mailbox, options) : NOTHING
      if (filled.cutOff instanceof SourceGone) gone = filled.cutOff
      const { name, count: found } = one.from
      const { octets, added, there, notes = [] } = filled
      const counts = { name, found, added: added.size, octets, there, notes }
      return { ...counts, uids: one.uids, ...looked, ...remarksOf(one) }
    })
    if (!dryRun) {
      for (const name of await source.subscriptions()) {
        const checked = checkNewName(name)
        if (checked.ok) await store.subscriptions.set(account, checked.value, true)
      }
    }
    return reports
  }
}

const remarksOf = ({ problems, from }: Plan): Pick<MailboxReport, 'problems' | 'doubts'> => ({
  problems: problems.list(),
  doubts: from.doubts?.() ?? [],
})

/** The mailbox that gets the mail, with the source's numbers where they can be kept, and its special uses. */
async function target(
  store: Store,
  account: AccountId,
  { from, uids }: Plan,
  name: string,
  told: ReadonlyMap<string, SpecialUse> = new Map(),
): Promise<Mailbox> {
  const use = told.get(name)
  const uses = use ? [use] : from.specialUse.filter((one) => ![...told.values()].includes(one))
  for (const other of await store.mailboxes.list(account)) {
    const shared = other.name === name ? [] : other.specialUse.filter((use) => uses.includes(use))
    if (shared.length === 0) continue
    // One that was only made for the account's first login gives its use to the one that clients know.
    if (other.uidNext === 1) {
      const kept = other.specialUse.filter((use) => !shared.includes(use))
      await store.mailboxes.setSpecialUse(account, other.name, kept)
    } else for (const use of shared) uses.splice(uses.indexOf(use), 1)
  }
  const validity = uids.kind === 'kept' && from.uids ? { uidValidity: from.uids.validity } : {}
  const made = await store.mailboxes.create(account, name, { specialUse: uses, ...validity })
  const found = made.ok ? made.value.value : await store.mailboxes.find(account, name)
  if (!found) throw new Error(`${name}: ${made.ok ? 'gone' : made.fault.kind}`)
  if (!uses.every((use) => found.specialUse.includes(use))) {
    await store.mailboxes.setSpecialUse(account, name, [...new Set([...found.specialUse, ...uses])])
  }
  return found
}
