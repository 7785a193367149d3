import { createHash } from 'node:crypto'
import type { AccountMail } from '../../../mailbox/mailbox'
import type { Account } from '../../../mailbox/vocabulary'
import { SieveError } from '../../../sieve/lexer'
import { parseScript } from '../../../sieve/parse'
import { Refused } from '../../../web/kernel/faults'
import { flag, object, optional, text } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { storedPreferences } from '../people/preferences'
import { storedDocument } from '../people/stored'
import { isAddress } from '../people/vcard'
import { NO_RULES, type Rules, rules } from './rules'
import { writeSieve } from './write-sieve'

/** The script that the page writes; a user's own ones are never changed. */
const SCRIPT = 'webmail'

const stored = storedDocument(
  'rules',
  object({
    rules,
    /** the user's own script that runs after ours */
    own: optional(text(512)),
    /** of the script as it was written: another program may have changed it since */
    digest: text(64),
  }),
  { rules: NO_RULES, own: undefined, digest: '' },
)

const digestOf = (script: string): string => createHash('sha256').update(script).digest('base64url')

const isNothing = ({ vacation, forward, blocked, filters }: Rules): boolean =>
  !vacation.on && !forward.on && blocked.length === 0 && !filters.some(({ on }) => on)

const DAY = /^(?:\d{4}-\d\d-\d\d)?$/

const answer = object({
  rules,
  /** whether they run; false: another script is active */
  active: flag(),
  /** the user's own script: active, or run after the rules */
  own: optional(object({ name: text(512), text: text(300_000) })),
  /** whether the operator allows redirects */
  mayForward: flag(),
})

export function rulesRoutes({ room, clock }: Web, { addresses, rules: limits }: HttpPorts): readonly Route[] {
  const of = ({ id, name, overrides, admin }: Account): AccountMail => room.account({ id, name, overrides, admin })

  async function state(mail: AccountMail) {
    const { rules: kept, own } = await stored.get(mail)
    const active = (await mail.scripts.list()).find((script) => script.active)?.name
    const name = active === undefined || active === SCRIPT ? own : active
    const source = name === undefined ? undefined : await mail.scripts.get(name)
    return {
      rules: kept,
      active: active === SCRIPT || isNothing(kept),
      own: name !== undefined && source !== undefined ? { name, text: source } : undefined,
      mayForward: limits.redirects > 0,
    }
  }

  /** Throws 422. */
  function refuseWrong(body: Rules, account: Account): void {
    const refuse = (message: string): never => {
      throw new Refused(422, 'bad-rule', message)
    }
    const { vacation, forward, blocked, filters } = body
    if (!DAY.test(vacation.first) || !DAY.test(vacation.last)) refuse('A day is written as 2026-12-31.')
    if (vacation.on && vacation.text.trim() === '') refuse('The answer has no text.')
    const targets = [...(forward.on ? [forward.to] : []), ...filters.flatMap((filter) => filter.forward ?? [])]
    if (targets.length > 0 && limits.redirects === 0) refuse('Forwarding is not allowed here.')
    for (const target of targets) {
      if (!isAddress(target)) refuse(`“${target}” is not an address.`)
      if (target.toLowerCase() === account.name) refuse('Mail cannot be forwarded to this mailbox itself.')
    }
    for (const entry of blocked) if (!isAddress(entry.replace(/^@/, 'x@'))) refuse(`“${entry}” is not an address.`)
    for (const { name, conditions, move, read, flag: flagged, remove, forward: to } of filters) {
      if (conditions.length === 0) refuse(`The filter “${name}” has no condition.`)
      if (conditions.some(({ value }) => value.trim() === '')) refuse(`The filter “${name}” looks for nothing.`)
      if (move === undefined && !read && !flagged && !remove && to === undefined)
        refuse(`The filter “${name}” does nothing.`)
    }
  }

  /** What another program made of our script is kept beside it. */
  async function keepChanged(mail: AccountMail, digest: string): Promise<void> {
    const before = await mail.scripts.get(SCRIPT)
    if (before === undefined || digestOf(before) === digest) return
    const fault = await mail.scripts.put(`${SCRIPT} of ${new Date(clock.now()).toISOString().slice(0, 16)}`, before)
    if (fault)
      throw new Refused(409, fault, 'The script was changed by another program, and there is no room to keep it.')
  }

  async function save(account: Account, body: Rules): Promise<void> {
    const mail = of(account)
    const before = await stored.get(mail)
    const names = await mail.scripts.list()
    const active = names.find((script) => script.active)?.name
    // A script that is active now, or was when ours came before it.
    const wanted = active === undefined || active === SCRIPT ? before.own : active
    const own = names.some(({ name }) => name === wanted) ? wanted : undefined
    const aliases = addresses()?.aliasesOf(account.name) ?? []
    const { identities } = await storedPreferences.get(mail)
    const all = new Set([account.name, ...aliases, ...identities.map(({ address }) => address)])
    const script = writeSieve(body, [...all].slice(0, 100), own)
    try {
      parseScript(script, limits.without)
    } catch (error) {
      if (error instanceof SieveError) throw new Refused(422, 'bad-rule', error.message)
      throw error
    }
    await keepChanged(mail, before.digest)
    const put = await mail.scripts.put(SCRIPT, script)
    if (put) throw new Refused(409, put, 'There are too many scripts: remove one with your mail program.')
    await stored.change(mail, () => ({ rules: body, own, digest: digestOf(script) }))
    // Without rules the own script runs by itself, as if we had never been here.
    await mail.scripts.activate(isNothing(body) ? own : SCRIPT)
  }

  return [
    defineRoute({
      method: 'get',
      path: '/rules',
      scope: 'mail:read',
      summary: 'Filters, out of office, forwarding and blocked senders',
      answer,
      run: async ({ owner }) => json(await state(of(await owner()))),
    }),
    defineRoute({
      method: 'put',
      path: '/rules',
      scope: 'session',
      summary: 'Sets all of them: a Sieve script is made of them, after which an active script of the user runs',
      body: rules,
      answer,
      run: async ({ owner, body, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator does not change the rules of a user here.')
        }
        const account = await owner()
        refuseWrong(body, account)
        await save(account, body)
        return json(await state(of(account)))
      },
    }),
  ]
}
