import { Command } from 'commander'
import { isReply } from '../../delivery/mail'
import { forwardsOf } from '../../delivery/recipients/aliases'
import { openRecipientFiles } from '../../delivery/recipients/files'
import type { Step } from '../../delivery/recipients/recipients'
import type { Store } from '../../store/store'
import { silentLog } from '../../terms/ports'
import { openRcpt } from '../../wiring/delivery'
import type { Home } from '../../wiring/home'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'

interface Options {
  readonly home: string
  readonly json?: boolean
}

interface Listed {
  /** `info@example.org`, or `@example.org` for a whole domain */
  readonly alias: string
  readonly to: readonly string[]
  readonly from: 'file' | 'account'
}

const FILE = 'config/mailbox_aliases'

/** Every alias there is: lines of the file, and accounts that forward. */
async function allAliases(home: Home, store: Store): Promise<{ all: readonly Listed[]; mistakes: readonly string[] }> {
  const mistakes: string[] = []
  const files = openRecipientFiles(home.folder, { ...silentLog, error: (text) => void mistakes.push(text) })
  const { addresses, domains } = files.aliases()
  const all: Listed[] = [
    ...[...domains].map(([from, to]): Listed => ({ alias: `@${from}`, to: [`@${to}`], from: 'file' })),
    ...[...addresses].map(([alias, to]): Listed => ({ alias, to, from: 'file' })),
  ]
  for await (const { name, overrides } of store.accounts.list()) {
    const to = forwardsOf(overrides)
    if (to.length > 0) all.push({ alias: name, to, from: 'account' })
  }
  return { all: all.sort((a, b) => (a.alias < b.alias ? -1 : 1)), mistakes }
}

async function list(home: Home, store: Store, json: boolean): Promise<void> {
  const { all, mistakes } = await allAliases(home, store)
  if (json) console.log(JSON.stringify(all, null, 2))
  else if (all.length === 0) console.log(`no aliases: ${FILE} has none, and no account forwards`)
  const width = Math.max(0, ...all.map(({ alias }) => alias.length))
  if (!json)
    for (const { alias, to, from } of all)
      console.log(`${alias.padEnd(width)}  ${to.join(' ')}${from === 'account' ? '   (forward of the account)' : ''}`)
  for (const mistake of mistakes) console.error(mistake)
  if (mistakes.length > 0) process.exitCode = 1
}

/** One step in words. */
function wordsOf({ address, by, through, to }: Step): string {
  const how = through === undefined ? '' : through === 'subaddress' ? 'subaddress of ' : 'catch-all: '
  const [first = '', ...rest] = to
  switch (by) {
    case 'domain-alias':
      return `${address}: domain alias (${FILE}), looked up as ${first}`
    case 'alias':
      return `${address}: ${how}an alias (${FILE}) to ${to.join(', ')}`
    case 'account':
      return `${address}: ${how}the account ${first}${rest.length > 0 ? `, which forwards to ${rest.join(', ')} too` : ''}`
    case 'disabled-account': {
      const forwards = rest.length > 0 ? `forwards to ${rest.join(', ')}` : 'gets no mail'
      return `${address}: ${how}the account ${first}, which is disabled and ${forwards}`
    }
    case 'looped':
      return `${address}: looked up before; it leads nowhere else`
    case 'too-long':
      return `${address}: not looked up: an alias may lead 10 steps deep and to 200 recipients`
    case 'elsewhere':
      return `${address}: elsewhere`
    case 'nobody':
      return `${address}: no account and no alias`
  }
}

async function test(home: Home, store: Store, address: string, json: boolean): Promise<void> {
  if (!/^[^@]+@[^@\s]+$/.test(address)) throw new Error(`${address} is not a full address such as user@example.org`)
  const steps: Step[] = []
  const answer = await openRcpt(home, store)(address, (step) => void steps.push(step))
  const refused = answer !== undefined && isReply(answer)
  const targets = answer && !isReply(answer) ? answer.targets : undefined
  if (answer === undefined || refused) process.exitCode = 1
  if (json) {
    const local = (targets?.local ?? []).map(({ account, detail }) => ({ account: account.name, mailbox: detail }))
    const reply = refused ? { code: answer.code, enhanced: answer.enhanced, text: answer.text } : null
    const accepted = targets !== undefined
    return console.log(
      JSON.stringify({ address, accepted, reply, local, remote: targets?.remote ?? [], steps }, null, 2),
    )
  }
  for (const step of steps) console.log(`${'  '.repeat(step.depth)}${wordsOf(step)}`)
  if (answer === undefined)
    return console.log('not ours: its domain is not in config/host_list; Haraka asks its other plugins')
  if (isReply(answer)) return console.log(`refused: ${answer.code} ${answer.enhanced} ${answer.text}`)
  console.log('accepted; its mail goes to')
  for (const { account, detail } of answer.targets.local)
    console.log(`  ${account.name}${detail === undefined ? '' : `, mailbox ${detail} if there is one`}`)
  for (const remote of answer.targets.remote) console.log(`  ${remote}, by the outbound queue`)
}

/** `haraka-mailbox aliases`: where an address leads, by the same code that answers RCPT. */
export function aliasesCommand(): Command {
  const aliases = new Command('aliases').description('where mail for an address goes')
  const sub = (usage: string, text: string): Command =>
    aliases.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')
  async function within(folder: string, run: (home: Home, store: Store) => Promise<void>): Promise<void> {
    const home = openHome(folder)
    const store = await openStore(home)
    try {
      await run(home, store)
    } finally {
      await store.close()
    }
  }

  sub('list', `every alias of ${FILE}, and every account that forwards`).action(({ home, json }: Options) =>
    within(home, (at, store) => list(at, store, json === true)),
  )
  sub('test <address>', 'what happens to mail for this address, step by step; exit code 1 when it is refused').action(
    (address: string, { home, json }: Options) => within(home, (at, store) => test(at, store, address, json === true)),
  )
  return aliases
}
