import { Command } from 'commander'
import { explainLock, type LockExplanation } from '../../locks/explain'
import type { AccountLocks, Holder, Locks } from '../../locks/locks'
import { ownLock } from '../../mailbox/verbs/lock-request'
import type { Store } from '../../store/store'
import type { Home } from '../../wiring/home'
import { openLocks, readLockSettings } from '../../wiring/locks'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'
import { explanationLines } from './locks-explain'

/** Accounts are named by people, locks by id. */
interface Named extends AccountLocks {
  readonly name: string
}

const age = (milliseconds: number): string => {
  const seconds = Math.max(0, Math.round(milliseconds / 1000))
  return seconds < 120
    ? `${seconds} s`
    : seconds < 7200
      ? `${Math.round(seconds / 60)} min`
      : `${Math.round(seconds / 3600)} h`
}

function rowOf(name: string, holder: Holder, waiters: number, now: number): string[] {
  return [
    name,
    holder.protocol,
    holder.access,
    holder.address,
    holder.client ?? '',
    age(now - holder.since),
    age(now - holder.activeAt),
    String(waiters),
    holder.process.split('.')[0] ?? '',
    String(holder.fence ?? ''),
    holder.id.slice(0, 8),
  ]
}

const TITLES = [
  'account',
  'protocol',
  'access',
  'address',
  'program',
  'for',
  'idle',
  'waiting',
  'pid',
  'fence',
  'lease',
]

function table(rows: readonly (readonly string[])[]): string {
  const widths = TITLES.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)))
  return [TITLES, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

async function within<T>(folder: string, run: (locks: Locks, store: Store, home: Home) => Promise<T>): Promise<T> {
  const home = openHome(folder)
  const store = await openStore(home)
  const locks = await openLocks(home, false)
  try {
    return await run(locks, store, home)
  } finally {
    await locks.close()
    await store.close()
  }
}

async function explained(locks: Locks, store: Store, home: Home, name: string): Promise<LockExplanation> {
  const account = await store.accounts.find(name)
  if (!account) throw new Error(`there is no account ${name}`)
  const settings = readLockSettings(home)
  const [now] = await locks.list(account.id)
  const { holders = [], waiters = 0 } = now ?? {}
  return explainLock({ account: account.name, settings, own: ownLock(account), holders, waiters })
}

async function idOf(store: Store, name: string): Promise<string> {
  const account = await store.accounts.find(name)
  if (account) return account.id
  throw new Error(`there is no account ${name}`)
}

async function named(store: Store, list: readonly AccountLocks[]): Promise<Named[]> {
  const names = new Map<string, string>()
  for await (const { id, name } of store.accounts.list()) names.set(id, name)
  return list.map((one) => ({ ...one, name: names.get(one.account) ?? one.account }))
}

function show(list: readonly Named[], json: boolean): void {
  if (json) return console.log(JSON.stringify(list, null, 2))
  const now = Date.now()
  const rows = list.flatMap(({ name, holders, waiters }) => holders.map((holder) => rowOf(name, holder, waiters, now)))
  console.log(rows.length === 0 ? 'nobody is in a mailbox' : table(rows))
}

/** `haraka-mailbox locks`: who is in which mailbox now, beside a running Haraka. */
export function locksCommand(): Command {
  const locks = new Command('locks').description('who is in which mailbox')
  const sub = (usage: string, text: string): Command => locks.command(usage).description(text).addOption(homeOption())

  sub('list', 'all accounts that somebody is in')
    .option('--json', 'machine-readable output')
    .action(({ home, json }: { home: string; json?: boolean }) =>
      within(home, async (all, store) => show(await named(store, await all.list()), json === true)),
    )
  sub('show <name>', 'one account')
    .option('--json', 'machine-readable output')
    .action((name: string, { home, json }: { home: string; json?: boolean }) =>
      within(home, async (all, store) =>
        show(await named(store, await all.list(await idOf(store, name))), json === true),
      ),
    )
  sub('explain <name>', 'who is in one account, who would get in, by which setting, and what to do')
    .option('--json', 'machine-readable output')
    .action((name: string, { home, json }: { home: string; json?: boolean }) =>
      within(home, async (all, store, at) => {
        const said = await explained(all, store, at, name)
        if (json) console.log(JSON.stringify(said, null, 2))
        else for (const line of explanationLines(said, Date.now(), age)) console.log(line)
      }),
    )
  sub('kick <name>', 'end the sessions in the mailbox; POP3 sessions then delete nothing')
    .option('--lease <id>', 'only this one (as shown, or its beginning)')
    .action((name: string, { home, lease }: { home: string; lease?: string }) =>
      within(home, async (all, store) => {
        const account = await idOf(store, name)
        const holders = (await all.list(account)).flatMap((one) => one.holders)
        const chosen = holders.filter((holder) => lease === undefined || holder.id.startsWith(lease))
        let ended = 0
        for (const holder of chosen) ended += await all.kick(account, holder.id)
        console.log(ended === 0 ? 'no sessions to end' : `ended ${ended} session${ended === 1 ? '' : 's'} of ${name}`)
      }),
    )
  return locks
}
