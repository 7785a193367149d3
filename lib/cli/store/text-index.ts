import { setTimeout as pause } from 'node:timers/promises'
import { Command } from 'commander'
import { buildNow } from '../../mailbox/texts/build-now'
import { createIndexDesk, type IndexDesk } from '../../mailbox/texts/status'
import type { Store } from '../../store/store'
import type { TextBuilder, TextCounts, TextIndex } from '../../store/texts'
import type { AccountId } from '../../terms/names'
import type { Home } from '../../wiring/home'
import { openBus } from '../../wiring/locks'
import { readMailboxSettings } from '../../wiring/room'
import { openStore } from '../../wiring/store'
import { createPool } from '../../work/pool'
import { homeOption, openHome } from '../home'
import { jsonOf, linesOf, progressOf } from './index-report'

/** accounts that `status` lists */
const MOST_LISTED = 100
/** milliseconds between two looks at what a server does */
const LOOK = 500
const MEGABYTE = 1024 * 1024

interface Options {
  readonly home: string
  readonly json?: boolean
  readonly quiet?: boolean
}

/** What the commands work on. */
interface Opened {
  readonly home: Home
  readonly store: Store
  readonly texts: TextIndex
  readonly desk: IndexDesk
  /** wakes the server that builds: it looks at all accounts by itself once a minute */
  ask(): void
}

async function within(folder: string, run: (opened: Opened) => Promise<void>): Promise<void> {
  const home = openHome(folder)
  const store = await openStore(home)
  try {
    const { texts } = store
    if (!texts) throw new Error(`the ${store.facts.name} store has no text index`)
    const bus = await openBus(home)
    try {
      const { indexTexts } = readMailboxSettings(home)
      const ask = (): void => bus.publish({ kind: 'index' })
      await run({ home, store, texts, ask, desk: createIndexDesk(texts, indexTexts, ask) })
    } finally {
      await bus.close()
    }
  } finally {
    await store.close()
  }
}

async function accountOf(store: Store, name: string | undefined): Promise<AccountId | undefined> {
  if (name === undefined) return undefined
  const account = await store.accounts.find(name)
  if (account) return account.id
  throw new Error(`there is no account ${name}`)
}

async function status({ store, desk }: Opened, name: string | undefined, json: boolean): Promise<void> {
  const account = await accountOf(store, name)
  const all = await desk.status(account === undefined ? MOST_LISTED : 0)
  const named: (TextCounts & { name: string })[] = []
  for (const { account: id, ...counts } of all.accounts) {
    named.push({ name: (await store.accounts.get(id))?.name ?? id, ...counts })
  }
  if (account !== undefined && name !== undefined) named.push({ name, ...(await desk.statusOf(account)) })
  if (json) console.log(JSON.stringify(jsonOf(all, named), null, 2))
  else for (const line of linesOf(all, named)) console.log(line)
}

/** Messages that wait. A database has to count those that are indexed, and is not asked for them again and again. */
async function waitingOf({ texts, desk }: Opened, only: AccountId | undefined): Promise<number> {
  if (only !== undefined) return (await desk.statusOf(only)).waiting
  let waiting = 0
  for await (const account of texts.behind()) waiting += account.waiting
  return waiting
}

/** Here, where nobody else builds. @returns messages that were indexed */
async function buildHere(
  { home, store, texts }: Opened,
  builder: TextBuilder,
  only: AccountId | undefined,
  told: (count: number) => void,
): Promise<number> {
  const { indexMessage, threads, threadMemory } = readMailboxSettings(home)
  const pool = createPool({ threads, memory: threadMemory / MEGABYTE })
  try {
    return await buildNow({ messages: store.messages, pool, mostOctets: indexMessage }, texts, builder, only, told)
  } finally {
    await pool.close()
    await builder.release()
  }
}

/** Until all is indexed: by the running server where there is one, else here. */
async function build(opened: Opened, name: string | undefined, options: Options): Promise<void> {
  const { store, texts } = opened
  if (!readMailboxSettings(opened.home).indexTexts) {
    throw new Error('there is no text index: [search] index = no in mailbox_store.ini')
  }
  const only = await accountOf(store, name)
  const waits = (): Promise<number> => waitingOf(opened, only)
  const begin = await waits()
  if (begin > 0) opened.ask()
  const line = progressOf(begin, options.quiet === true || options.json === true)
  for (let left = begin; left > 0; left = await waits()) {
    const builder = await texts.lead()
    if (builder) {
      const count = await buildHere(opened, builder, only, line.told)
      if (count === 0) throw new Error(`${left} messages wait that cannot be read: haraka-mailbox check`)
    } else {
      line.reached(left)
      await pause(LOOK)
    }
  }
  line.end()
  if (!options.quiet || options.json) await status(opened, name, options.json === true)
}

/** `haraka-mailbox index`: the text index of SEARCH, beside a running Haraka too. */
export function indexCommand(): Command {
  const index = new Command('index').description('the text index, by which SEARCH reads only messages that can match')
  const sub = (usage: string, text: string): Command =>
    index.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')

  sub('status [account]', 'messages that are indexed and that wait, size, and who waits').action(
    (name: string | undefined, { home, json }: Options) =>
      within(home, (opened) => status(opened, name, json === true)),
  )
  sub('build [account]', 'index what waits, and return when it is done; a running server does it at its own pace')
    .option('--quiet', 'print nothing')
    .action((name: string | undefined, options: Options) =>
      within(options.home, (opened) => build(opened, name, options)),
    )
  sub('rebuild [account]', 'throw the index away and build it anew; searches find the same meanwhile, but slower')
    .option('--quiet', 'print nothing')
    .action((name: string | undefined, options: Options) =>
      within(options.home, async (opened) => {
        await opened.desk.rebuild(await accountOf(opened.store, name))
        await build(opened, name, options)
      }),
    )
  return index
}
