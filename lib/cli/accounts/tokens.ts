import { Command, InvalidArgumentError, Option } from 'commander'
import { DAY } from '../../terms/calendar'
import { plainText, utcTime } from '../../terms/plain'
import { MOST_TOKENS, SCOPES, type Scope, type Sessions } from '../../web/who/sessions'
import { openSessions } from '../../wiring/sessions'
import { type Desk, withDesk } from '../bin/desk'
import { homeOption, openHome } from '../home'

interface Options {
  readonly home: string
  readonly json?: boolean
  readonly label: string
  readonly scope: readonly Scope[]
  readonly days?: number
}

function scopeOf(text: string, before: readonly Scope[] = []): readonly Scope[] {
  const scope = SCOPES.find((word) => word === text)
  if (!scope) throw new InvalidArgumentError(`must be one of ${SCOPES.join(', ')}.`)
  return [...before, scope]
}

function daysOf(text: string): number {
  const days = Number(text)
  if (!/^\d+$/.test(text) || days < 1 || days > 3650) throw new InvalidArgumentError('must be from 1 to 3650.')
  return days
}

async function make(desk: Desk, sessions: Sessions, name: string, options: Options): Promise<void> {
  const { label, scope: scopes, days } = options
  if (label.trim() === '' || plainText(label) !== label || label.length > 100)
    throw new Error('--label: expected one line of 1 to 100 characters')
  const account = await desk.account(name)
  if (scopes.includes('admin') && !account.admin) throw new Error(`${account.name} is no administrator`)
  const now = Date.now()
  const made = await sessions.create(
    {
      ...{ kind: 'token', account: account.id, label: label.trim(), address: '127.0.0.1', scopes },
      ...{ createdAt: now, activeAt: now, epochs: [account.credentials.epoch ?? ''] },
      ...(days !== undefined && { expiresAt: now + days * DAY }),
      // Who may run this command needs no second factor.
      totp: scopes.includes('admin'),
    },
    MOST_TOKENS,
  )
  if (!made.ok) throw new Error(`${account.name}: an account has at most ${MOST_TOKENS} tokens`)
  const { secret, credential } = made.value
  await desk.note(account.name, `token-added (${label.trim()}: ${scopes.join(' ')})`)
  if (options.json) console.log(JSON.stringify({ id: credential.id, token: secret }, null, 2))
  else console.log(`token: ${secret}\nid: ${credential.id}`)
}

async function list(desk: Desk, sessions: Sessions, name: string, json: boolean): Promise<void> {
  const { id } = await desk.account(name)
  const tokens = (await sessions.list(id)).filter(({ kind }) => kind === 'token')
  const shown = tokens.map((token) => ({
    ...{ id: token.id, label: token.label, scopes: token.scopes, createdAt: token.createdAt },
    ...{ activeAt: token.activeAt, expiresAt: token.expiresAt },
  }))
  if (json) return console.log(JSON.stringify(shown, null, 2))
  if (shown.length === 0) console.log('no tokens')
  for (const { id: token, label, scopes, activeAt, expiresAt } of shown) {
    const until = expiresAt === undefined ? '' : `, until ${utcTime(expiresAt)} UTC`
    console.log(`${token}  ${plainText(label)}: ${scopes.join(' ')}, last used ${utcTime(activeAt)} UTC${until}`)
  }
}

async function remove(desk: Desk, sessions: Sessions, name: string, token: string): Promise<void> {
  const account = await desk.account(name)
  const known = (await sessions.list(account.id)).find(({ id, kind }) => kind === 'token' && id === token)
  if (!known) throw new Error(`${account.name} has no token ${token}`)
  await sessions.remove(known.id)
  await desk.note(account.name, `token-removed (${known.label})`)
  console.log(`removed ${known.id}`)
}

/** `haraka-mailbox tokens`: of the JSON API, for scripts that no browser starts. */
export function tokensCommand(): Command {
  const tokens = new Command('tokens').description('tokens of the JSON API (docs/http-api.md)')
  const sub = (usage: string, text: string): Command =>
    tokens.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')
  const within = (home: string, run: (desk: Desk, sessions: Sessions) => Promise<void>): Promise<void> =>
    withDesk(home, async (desk) => {
      const sessions = await openSessions(openHome(home))
      try {
        await run(desk, sessions)
      } finally {
        await sessions.close()
      }
    })

  sub('make <account>', 'make a token, and print it once')
    .requiredOption('--label <text>', 'what it is for')
    .addOption(
      new Option('--scope <scope>', `repeatable: ${SCOPES.join(', ')}`).argParser(scopeOf).makeOptionMandatory(),
    )
    .addOption(new Option('--days <n>', 'for so long; default: until it is removed').argParser(daysOf))
    .action((name: string, options: Options) =>
      within(options.home, (desk, sessions) => make(desk, sessions, name, options)),
    )
  sub('list <account>', 'tokens of an account').action((name: string, { home, json }: Options) =>
    within(home, (desk, sessions) => list(desk, sessions, name, json === true)),
  )
  sub('remove <account> <id>', 'takes a token away at once').action((name: string, token: string, { home }: Options) =>
    within(home, (desk, sessions) => remove(desk, sessions, name, token)),
  )
  return tokens
}
