import { Command, Option } from 'commander'
import type { Directory } from '../../login/directory'
import type { AttemptLog, TrailEntry } from '../../login/lockout/attempts'
import { type Explanation, explain } from '../../login/lockout/explain'
import type { Bar } from '../../login/lockout/lockout'
import { LOGIN_PROTOCOLS, type LoginProtocol } from '../../login/login'
import type { LoginSettings } from '../../login/settings'
import { utcTime } from '../../terms/plain'
import { limitOf } from '../limit'

/** What the commands need of a Haraka home. */
export interface LockoutsHome {
  readonly attempts: AttemptLog
  readonly directory: Directory
  readonly settings: LoginSettings
  close(): Promise<void>
}
export interface LockoutsPorts {
  readonly homeOption: () => Option
  readonly open: (home: string) => Promise<LockoutsHome>
  readonly print: (line: string) => void
  readonly now: () => number
}

const length = (milliseconds: number): string => {
  const minutes = Math.round(milliseconds / 60_000)
  return minutes < 120
    ? `${minutes} min`
    : minutes < 2880
      ? `${Math.round(minutes / 60)} h`
      : `${Math.round(minutes / 1440)} d`
}
const barLine = ({ scope, subject, failures, window, since, until }: Bar): string =>
  `${scope.padEnd(8)} ${subject}: ${failures} failures within ${length(window)}, since ${utcTime(since)}, until ${utcTime(until)} UTC`
const trailLine = ({ at, user, address, protocol, mechanism, verdict, reason }: TrailEntry): string =>
  `${utcTime(at)}  ${verdict.padEnd(11)} ${reason.padEnd(20)} ${user || '(no name)'} from ${address} (${protocol} ${mechanism})`

function explained({ user, address, verdict, reasons, bar, counters, latest }: Explanation): readonly string[] {
  const answer = verdict === 'granted' ? 'a correct password would be accepted' : 'refused, with a correct password too'
  return [
    `${user || '(no name)'} from ${address}: ${answer}`,
    ...reasons.map((reason) => `  ${reason}`),
    ...(bar ? [`  ${barLine(bar)}`] : []),
    ...counters.map(
      ({ what, counted, rule }) => `  ${what}: ${counted} of ${rule.failures} failures within ${length(rule.window)}`,
    ),
    ...(latest.length > 0 ? ['  latest attempts, anywhere:'] : []),
    ...latest.map((entry) => `    ${trailLine(entry)}`),
  ]
}

/** An address has a colon or is four numbers; a user is anything else. */
const isAddress = (text: string): boolean => /^[0-9.]+$/.test(text) || (text.includes(':') && !text.includes('@'))

/** `haraka-mailbox lockouts`: what was barred, why, and how to end it; felt by every worker at the next attempt. */
export function lockoutsCommand({ homeOption, open, print, now }: LockoutsPorts): Command {
  const lockouts = new Command('lockouts').description('logins that are refused after failures')
  const sub = (usage: string, text: string): Command =>
    lockouts.command(usage).description(text).addOption(homeOption()).option('--json', 'machine-readable output')

  async function within(folder: string, run: (home: LockoutsHome) => Promise<void>): Promise<void> {
    const home = await open(folder)
    try {
      await run(home)
    } finally {
      await home.close()
    }
  }
  function show<T>(json: boolean | undefined, value: T, lines: (value: T) => readonly string[]): void {
    if (json) print(JSON.stringify(value, null, 2))
    else for (const line of lines(value)) print(line)
  }

  sub('list', 'lockouts in force').action((options: { home: string; json?: boolean }) =>
    within(options.home, async ({ attempts }) => {
      const bars = await attempts.list(now())
      show(options.json, bars, () => (bars.length > 0 ? bars.map(barLine) : ['nobody is locked out']))
    }),
  )
  sub('explain <user> <address>', 'whether this login would be allowed now, and why')
    .addOption(new Option('--protocol <name>', 'by this protocol').choices(LOGIN_PROTOCOLS))
    .action((user: string, address: string, options: { home: string; json?: boolean; protocol?: LoginProtocol }) =>
      within(options.home, async (home) => {
        const { protocol } = options
        show(options.json, await explain(home, { user, address, ...(protocol && { protocol }) }, now()), explained)
      }),
    )
  sub('clear [user-or-address...]', 'forget failures and lockouts of a user, of an address, or of both together')
    .option('--all', 'of everybody')
    .action((words: string[], options: { home: string; json?: boolean; all?: boolean }) =>
      within(options.home, async ({ attempts }) => {
        const address = words.find(isAddress)
        const user = words.find((word) => !isAddress(word))?.toLowerCase()
        if (words.length === 0 && !options.all) throw new Error('specify a user, an address, both, or --all')
        if (words.length > 2) throw new Error('one user and one address at most')
        const count = await attempts.clear({ ...(user && { user }), ...(address && { address }) })
        show(options.json, { cleared: count }, () => [
          count > 0 ? `cleared (${count} records)` : 'there was nothing to clear',
        ])
      }),
    )
  sub('trail [user-or-address]', 'the audit trail, newest first')
    .option('--limit <n>', 'entries', '50')
    .action((word: string | undefined, options: { home: string; json?: boolean; limit: string }) =>
      within(options.home, async ({ attempts }) => {
        const filter = word === undefined ? {} : isAddress(word) ? { address: word } : { user: word.toLowerCase() }
        const entries = await attempts.trail({ ...filter, limit: limitOf(options) })
        show(options.json, entries, () => (entries.length > 0 ? entries.map(trailLine) : ['no attempts']))
      }),
    )
  return lockouts
}
