import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import type { AccountMail, BinVerbs } from '../../mailbox/mailbox'
import type { BinnedMessage } from '../../store/bin'
import { type BinnedId, binnedId } from '../../terms/names'
import { homeOption } from '../home'
import { limitOf } from '../limit'
import { type Desk, withDesk } from './desk'
import { jsonOf, messagesOf, proofLines, restoredLines, stateLine, tableOf } from './report'

/** messages that are printed unless more are asked for, and of one look into the bin */
const SHOWN = 100
const PAGE = 1000

interface Options {
  readonly home: string
  readonly json?: boolean
  readonly all?: boolean
  readonly limit: string
  readonly find?: string
  readonly yes?: boolean
}

function binOf({ bin }: AccountMail): BinVerbs {
  if (bin) return bin
  throw new Error('this store has no recycle bin')
}

async function listed(bin: BinVerbs, find: string, most: number): Promise<BinnedMessage[]> {
  const all: BinnedMessage[] = []
  let after: string | undefined
  do {
    const page = await bin.list({ find, limit: Math.min(PAGE, most - all.length), ...(after && { after }) })
    all.push(...page.messages)
    after = page.next
  } while (after !== undefined && all.length < most)
  return all
}

async function show(desk: Desk, name: string, find: string, options: Options): Promise<void> {
  const { id, name: full, overrides, admin } = await desk.account(name)
  const bin = binOf(desk.room.account({ id, name: full, overrides, admin }))
  const messages = await listed(bin, find, limitOf(options))
  if (options.json) {
    console.log(JSON.stringify({ account: full, ...(await bin.state()), list: jsonOf(messages) }, null, 2))
    return
  }
  console.log(stateLine(full, await bin.state()))
  if (messages.length === 0) return
  for (const line of tableOf(messages, process.stdout.isTTY ? process.stdout.columns : undefined)) console.log(line)
  if (messages.length === limitOf(options)) console.log(`(the first ${messages.length}; --limit for more)`)
}

/** Those that were named, or are found, or all: one of the three must be said, so that it is no slip. */
async function chosen(bin: BinVerbs, ids: readonly string[], { all, find }: Options): Promise<readonly BinnedId[]> {
  const ways = [ids.length > 0, find !== undefined, all === true].filter(Boolean).length
  if (ways !== 1) throw new Error('say which: ids as `bin list` shows them, or --find TEXT, or --all')
  if (ids.length === 0) return (await listed(bin, find ?? '', Number.MAX_SAFE_INTEGER)).map(({ id }) => id)
  const named = ids.map((id) => binnedId(id))
  const there = new Set((await bin.get(named)).map(({ id }) => id))
  const missing = named.filter((id) => !there.has(id))
  if (missing.length > 0)
    throw new Error(
      `not in the recycle bin (any more: restored or erased already?): ${missing.join(' ')}; nothing was done`,
    )
  return named
}

export async function confirm(question: string, yes: boolean | undefined): Promise<void> {
  if (yes) return
  if (!process.stdin.isTTY) throw new Error('say --yes to do it without being asked')
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(`${question} [y/N] `)
  terminal.close()
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error('nothing was changed')
}

async function restore(desk: Desk, name: string, ids: readonly string[], options: Options): Promise<void> {
  const account = await desk.account(name)
  const done = await desk.within(account, async (mail) => {
    const bin = binOf(mail)
    return bin.restore(await chosen(bin, ids, options))
  })
  if (!done.ok) {
    const why = done.fault.kind === 'over-quota' ? 'its quota has no room' : done.fault.kind
    throw new Error(`${account.name}: nothing was restored: ${why}`)
  }
  const { value } = done
  await desk.note(account.name, `bin-restored (${messagesOf(value.messages)})`)
  if (options.json) console.log(JSON.stringify({ account: account.name, ...value }, null, 2))
  else for (const line of restoredLines(value)) console.log(line)
  if (value.fault) throw new Error(`${account.name}: the others were not restored: ${value.fault.kind}`)
}

async function erase(desk: Desk, name: string, ids: readonly string[], options: Options): Promise<void> {
  const account = await desk.account(name)
  const bin = binOf(desk.room.account(account))
  const which = await chosen(bin, ids, options)
  await confirm(`Erase ${messagesOf(which.length)} of ${account.name} for ever?`, options.yes)
  const proof = await bin.erase(which)
  await desk.note(account.name, `bin-erased (${messagesOf(proof.messages)}, ${proof.bytes} octets)`)
  if (options.json) console.log(JSON.stringify({ account: account.name, ...proof }, null, 2))
  else for (const line of proofLines(`from the recycle bin of ${account.name}`, proof)) console.log(line)
  if (proof.left.length > 0) process.exitCode = 1
}

/** `haraka-mailbox bin`: what was removed, beside a running Haraka. */
export function binCommand(): Command {
  const bin = new Command('bin').description('the recycle bin: messages that were removed (docs/recycle-bin.md)')
  const sub = (usage: string, text: string): Command =>
    bin.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')
  const choosing = (command: Command): Command =>
    command.option('--find <text>', 'those that `bin search` finds').option('--all', 'all of the account')

  sub('list <account>', 'what was removed last comes first')
    .option('--limit <n>', 'so many', String(SHOWN))
    .action((name: string, options: Options) => withDesk(options.home, (desk) => show(desk, name, '', options)))
  sub('search <account> <text>', 'a text in the subject, in addresses and names, or in the name of the mailbox')
    .option('--limit <n>', 'so many', String(SHOWN))
    .action((name: string, find: string, options: Options) =>
      withDesk(options.home, (desk) => show(desk, name, find, options)),
    )
  choosing(sub('restore <account> [id...]', 'give messages back to the mailbox that they were in')).action(
    (name: string, ids: string[], options: Options) =>
      withDesk(options.home, (desk) => restore(desk, name, ids, options)),
  )
  choosing(sub('erase <account> [id...]', 'erase messages at once, and prove that nothing is left'))
    .option('--yes', 'do not ask')
    .action((name: string, ids: string[], options: Options) =>
      withDesk(options.home, (desk) => erase(desk, name, ids, options)),
    )
  return bin
}
