import type { MailboxSettings } from '../../mailbox/settings'
import { quotaCheck, quotaOf } from '../../mailbox/verbs/limits'
import type { Account } from '../../store/account'
import type { Backup } from '../../store/backup'
import type { Mailbox, Store } from '../../store/store'
import { textOf } from '../../terms/errors'
import type { AccountReport } from '../accounts'
import type { ImportPorts } from '../fill'
import { createImport, type ImportOptions } from '../import'
import { createHere } from './here'
import { backupSource, type Wanted } from './source'

export interface RestorePorts extends ImportPorts {
  readonly backup: Backup
  readonly settings: MailboxSettings
  /** Runs under the account's lock. Rejects, in words, when somebody else has it. */
  locked<T>(account: Account, work: (signal: AbortSignal) => Promise<T>): Promise<T>
}

export interface RestoreOptions extends Pick<ImportOptions, 'dryRun' | 'found' | 'progress'> {
  readonly wanted: Wanted
  /** canonical */
  readonly into: string | undefined
}

const NEVER = new AbortController().signal

/** Makes the account that is gone, with its settings, passwords and Sieve scripts. */
async function makeAccount({ store, backup }: RestorePorts, before: Account): Promise<Account> {
  const { id, createdAt: _then, activeScript, ...settings } = before
  if (await store.bin?.accounts.find(before.name))
    throw new Error(`${before.name} is in the recycle bin: haraka-mailbox accounts restore ${before.name}`)
  const made = await store.accounts.create(settings)
  if (!made.ok)
    throw new Error(
      `${before.name} cannot be made again: ${made.fault.kind === 'not-permitted' ? made.fault.why : made.fault.kind}`,
    )
  for (const name of await backup.scripts.list(id)) {
    const text = await backup.scripts.get(id, name)
    if (text !== undefined) await store.scripts.put(made.value.id, name, text)
  }
  if (activeScript !== undefined) await store.scripts.activate(made.value.id, activeScript)
  return made.value
}

/** What mailboxes have beside their mail. @param before their names, as far as they were here */
async function restoreAnnotations(
  { store, backup }: RestorePorts,
  before: ReadonlySet<string>,
  of: Account,
  account: Account,
): Promise<void> {
  const copy = async (from: Mailbox, to: Mailbox): Promise<void> => {
    const entries = await backup.annotations.get(of.id, from.id)
    if (entries.length > 0) await store.annotations.change(account.id, to.id, entries)
  }
  const here = new Map((await store.mailboxes.list(account.id)).map((mailbox) => [mailbox.name, mailbox]))
  for (const from of await backup.mailboxes.list(of.id)) {
    const to = before.has(from.name) ? undefined : here.get(from.name)
    if (to) await copy(from, to)
  }
}

const namesOf = async (store: Store, account: Account | undefined): Promise<ReadonlySet<string>> =>
  new Set(account ? (await store.mailboxes.list(account.id)).map(({ name }) => name) : [])

/**
 * Takes an account, a mailbox or a message out of a backup into the live store: what is missing there is added, nothing is changed or
 * removed, so that it can be run again at any time.
 */
export async function restoreAccount(
  ports: RestorePorts,
  name: string,
  { wanted, into, ...options }: RestoreOptions,
): Promise<AccountReport> {
  const { store, backup, settings } = ports
  const notes: string[] = []

  async function run(of: Account, account: Account | undefined, before: ReadonlySet<string>, signal: AbortSignal) {
    const source = backupSource({
      ...{ backup, account: of, wanted, into, signal },
      specialUse: ({ name, specialUse }) => (before.has(name) ? [] : specialUse),
      subscriptions: async () => (await backup.subscriptions.list(of.id)).filter((name) => !before.has(name)),
    })
    // An account that is not there has none of it; a dry run asks with that of the backup, whose mailboxes are not here.
    const here = account ? createHere(store, account.id, into === undefined) : undefined
    const quota = quotaCheck(quotaOf(account ?? of, settings))
    const reports = await createImport(ports)((account ?? of).id, source, {
      ...options,
      verify: 'new',
      quota,
      here: here ?? (async () => ({ has: async () => false, notes: () => [] })),
    })
    if (account && into === undefined && !options.dryRun) await restoreAnnotations(ports, before, of, account)
    return reports
  }

  try {
    const of = await backup.accounts.find(name)
    if (!of) throw new Error(`the backup has no account ${name}`)
    const live = await store.accounts.find(name)
    if (!live) notes.push(`the account was not here: ${options.dryRun ? 'it would be' : 'it was'} made again`)
    const before = live ? await namesOf(store, live) : new Set<string>()
    const account = live ?? (options.dryRun ? undefined : await makeAccount(ports, of))
    const mailboxes = account
      ? await ports.locked(account, (signal) => run(of, account, before, signal))
      : await run(of, undefined, before, NEVER)
    return { account: name, source: backup.file, mailboxes, passedOver: [], refused: undefined, notes }
  } catch (error) {
    return { account: name, source: backup.file, mailboxes: [], passedOver: [], refused: textOf(error), notes }
  }
}
