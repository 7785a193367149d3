import type { Action } from '../../sieve/action'
import { type RulesSettings, rulesSettings } from '../../sieve/settings'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import { DAY } from '../../terms/calendar'
import { textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import type { Forward } from '../forward'
import { mayNotify, notification } from '../own-mail/notification'
import { ownMail } from '../own-mail/own-mail'
import { mayAnswer, vacationReply } from '../own-mail/vacation'
import type { IncomingMail } from './incoming'
import { createParsed } from './parsed'
import { redirected } from './redirected'
import { KEEP, type Ruling } from './ruling'
import { createRunner, type RunPorts } from './run'

export interface RulesPorts extends Pick<RunPorts, 'host' | 'version' | 'globalScript'> {
  readonly store: Pick<Store, 'scripts' | 'marks'>
  readonly clock: Clock
  readonly log: Log
  readonly settings?: Omit<RulesSettings, 'globalScripts'>
  readonly forward: Forward
}

const MONTH = 30 * DAY

/** Runs an account's Sieve script for a message. Never rejects: whatever goes wrong, the message goes into INBOX (RFC 5228 2.10.6). */
export function createRules({ settings = rulesSettings({}), ...ports }: RulesPorts) {
  const { store, clock, log, forward } = ports
  const scriptOf = createParsed(settings.without)
  const run = createRunner({ ...ports, scriptOf, maxRedirects: settings.redirects })

  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  const due = (account: Account, what: string, milliseconds: number): Promise<boolean> => {
    const at = clock.now()
    return store.marks.set(account.id, { what, at, until: at + milliseconds })
  }

  const complaint = async (account: Account, source: string, why: string): Promise<Ruling> =>
    (await due(account, `mistake in ${source}`, MONTH)) ? { ...KEEP, complaint: why } : KEEP

  async function send(account: Account, { sender, to, octets }: IncomingMail, action: Action): Promise<void> {
    const now = clock.now()
    switch (action.kind) {
      case 'redirect':
        return forward(sender, [action.address], redirected(account.name, octets, action.octets ?? octets))
      case 'notify': {
        if (!mayNotify(octets)) return
        const notice = await ownMail(notification(action, octets, account.name, now))
        return forward('', [...action.to, ...action.cc], notice)
      }
      case 'vacation': {
        const vacation = { action, octets, sender, own: [account.name, to], now }
        const what = `vacation ${action.handle} ${sender.toLowerCase()}`
        if (!mayAnswer(vacation) || !(await due(account, what, action.seconds * 1000))) return
        return forward('', [sender], await ownMail(vacationReply(vacation)))
      }
    }
  }

  async function decide(account: Account, incoming: IncomingMail): Promise<Ruling> {
    if (account.activeScript === undefined) return KEEP
    const source = await store.scripts.get(account.id, account.activeScript)
    if (source === undefined) return KEEP
    const script = scriptOf(source)
    if (script instanceof Error) return await complaint(account, source, script.message)
    try {
      const { actions, remember } = await run(account, script, incoming)
      for (const action of actions) await send(account, incoming, action)
      const reject = actions.find((action) => action.kind === 'reject')
      return {
        stores: actions.filter((action) => action.kind === 'store'),
        reject: reject?.kind === 'reject' ? reject.reason : undefined,
        complaint: undefined,
        remember,
      }
    } catch (error) {
      return await complaint(account, source, textOf(error))
    }
  }

  return {
    /** RFC 7352 3: after what the script wanted is done. */
    async remember(account: Account, { remember = [] }: Ruling): Promise<void> {
      const at = clock.now()
      for (const { what, seconds, renew } of remember) {
        const mark = { what, at, until: at + seconds * 1000 }
        await (renew ? store.marks.renew(account.id, mark) : store.marks.set(account.id, mark))
      }
    },
    decide: (account: Account, incoming: IncomingMail): Promise<Ruling> =>
      decide(account, incoming).catch((error) => {
        log.error(`rules of ${account.name}: ${textOf(error)}`)
        return KEEP
      }),
  }
}
export type Rules = ReturnType<typeof createRules>
