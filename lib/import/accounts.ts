import type { Account } from '../store/account'
import type { Store } from '../store/store'
import { textOf } from '../terms/errors'
import type { ImportPorts } from './fill'
import { createImport, type ImportOptions, type MailboxReport } from './import'
import { inParallel } from './parallel'
import type { PassedOver } from './remarks'
import type { Source } from './source'

export interface AccountReport {
  readonly account: string
  /** undefined: it could not be opened */
  readonly source: string | undefined
  readonly mailboxes: readonly MailboxReport[]
  /** files and folders that were not taken */
  readonly passedOver: readonly PassedOver[]
  /** why nothing of it was read */
  readonly refused: string | undefined
  /** for people; nothing that somebody has to do */
  readonly notes?: readonly string[]
}

export interface Totals {
  readonly accounts: number
  readonly found: number
  readonly added: number
  readonly octets: number
  readonly there: number
  readonly problems: number
  readonly doubts: number
  readonly passedOver: number
  /** of these: may hold mail */
  readonly maybeMail: number
  readonly refused: number
}

/**
 * Many accounts, each from its own source: so many connections or files at a time, over accounts first, over an account's mailboxes
 * where accounts are fewer.
 */
export async function importAccounts(
  ports: ImportPorts,
  names: readonly string[],
  open: (account: Account) => Promise<Source>,
  options: ImportOptions & { readonly parallel: number },
  done: (report: AccountReport) => void,
): Promise<readonly AccountReport[]> {
  const run = createImport(ports)
  const accounts = Math.max(1, Math.min(options.parallel, names.length))
  const parallel = Math.max(1, Math.floor(options.parallel / accounts))
  return inParallel(names, accounts, async (name) => {
    const report = await one(ports.store, name, open, (account, source) =>
      run(account.id, source, { ...options, parallel }),
    )
    done(report)
    return report
  })
}

async function one(
  store: Store,
  name: string,
  open: (account: Account) => Promise<Source>,
  run: (account: Account, source: Source) => Promise<readonly MailboxReport[]>,
): Promise<AccountReport> {
  let source: Source | undefined
  const rest = (refused: string | undefined): Pick<AccountReport, 'passedOver' | 'refused'> => ({
    passedOver: source?.passedOver?.() ?? [],
    refused,
  })
  try {
    const account = await store.accounts.find(name)
    if (!account) throw new Error(`there is no account ${name}; make it first: haraka-mailbox accounts add`)
    source = await open(account)
    return { account: name, source: source.name, mailboxes: await run(account, source), ...rest(undefined) }
  } catch (error) {
    const refused = textOf(error)
    return { account: name, source: source?.name, mailboxes: [], ...rest(refused) }
  } finally {
    await source?.close()
  }
}

export function totalsOf(reports: readonly AccountReport[]): Totals {
  const mailboxes = reports.flatMap((one) => one.mailboxes)
  const passedOver = reports.flatMap((report) => report.passedOver)
  const sum = (of: (one: MailboxReport) => number): number => mailboxes.reduce((total, each) => total + of(each), 0)
  return {
    accounts: reports.length,
    found: sum(({ found }) => found),
    added: sum(({ added }) => added),
    octets: sum(({ octets }) => octets),
    there: sum(({ there }) => there),
    problems: sum(({ problems }) => problems.length),
    doubts: sum(({ doubts }) => doubts.length),
    passedOver: passedOver.length,
    maybeMail: passedOver.filter(({ mayBeMail }) => mayBeMail).length,
    refused: reports.filter(({ refused }) => refused !== undefined).length,
  }
}
