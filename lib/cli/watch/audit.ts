import { Command } from 'commander'
import type { TrailEntry } from '../../login/lockout/attempts'
import { shortId } from '../../login/session-line'
import type { MailDeed } from '../../mailbox/deeds/deed'
import { plainText, utcTime } from '../../terms/plain'
import { openDeeds } from '../../wiring/deeds'
import { openLoginParts } from '../../wiring/login'
import { openStore } from '../../wiring/store'
import { homeOption, openHome } from '../home'
import { limitOf } from '../limit'

interface Options {
  readonly home: string
  readonly json?: boolean
  readonly limit: string
  readonly deeds?: boolean
}

const MOST = 10_000

function loginText({ verdict, reason, protocol, mechanism, address }: TrailEntry): string {
  if (mechanism === 'ADMIN') return `administrator: ${reason} (from ${address})`
  return `login ${verdict}${verdict === 'granted' ? '' : `: ${reason}`} from ${address} (${protocol} ${mechanism})`
}

function deedText({ what, mailbox, to, messages, by }: MailDeed): string {
  const count = `${messages} ${messages === 1 ? 'message' : 'messages'}`
  const did = {
    expunged: `removed ${count} from ${mailbox}`,
    moved: `moved ${count} from ${mailbox} to ${to}`,
    restored: `restored ${count} into ${mailbox}`,
    erased: `erased ${count} from the recycle bin`,
    opened: `opened ${mailbox}`,
    shared: `set the rights on ${mailbox}: ${to}`,
    deleted: `deleted the mailbox ${mailbox} with ${count}`,
  }[what]
  const client = by.client ? `, ${by.client}` : ''
  const administrator = by.administrator === undefined ? '' : `, by the administrator ${by.administrator}`
  const who = `${administrator}${by.guest === undefined ? '' : `, by the guest ${by.guest}`}`
  return `${did} from ${by.address} (${by.protocol}${client}, connection ${shortId(by.connection)}${who})`
}

interface Told {
  readonly at: number
  readonly text: string
}

async function audit(name: string, { home: folder, json, deeds: only, ...asked }: Options): Promise<void> {
  const limit = Math.min(limitOf(asked), MOST)
  const home = openHome(folder)
  const account = name.toLowerCase()
  const deedLog = await openDeeds(home)
  const deeds = await deedLog.list({ account, limit }).finally(() => deedLog.close())
  const logins: TrailEntry[] = []
  if (!only) {
    const store = await openStore(home)
    const { attempts } = await openLoginParts(home, store)
    logins.push(...(await attempts.trail({ user: account, limit })))
    await attempts.close()
    await store.close()
  }
  const told: Told[] = [
    ...logins.map((entry) => ({ at: entry.at, text: loginText(entry) })),
    ...deeds.map((deed) => ({ at: deed.at, text: deedText(deed) })),
  ]
  told.sort((a, b) => b.at - a.at)
  if (json) return console.log(JSON.stringify({ account, deeds, logins }, null, 2))
  if (told.length === 0) console.log(`nothing is known of ${plainText(account)}`)
  for (const { at, text } of told.slice(0, limit)) console.log(`${utcTime(at)}  ${plainText(text)}`)
}

/** `haraka-mailbox audit`: who came into an account, and who removed or moved its mail; beside a running Haraka. */
export const auditCommand = (): Command =>
  new Command('audit')
    .description('who logged into an account, and who removed or moved its mail, newest first, in UTC')
    .argument('<account>', 'full address; it need not exist any more')
    .addOption(homeOption())
    .option('--deeds', 'only what was removed and moved')
    .option('--limit <count>', `entries, ${MOST} at most`, '100')
    .option('--json', 'machine-readable output')
    .action(audit)
