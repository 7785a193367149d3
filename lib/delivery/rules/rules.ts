import { hostname } from 'node:os'
import { fieldChoice, headerFields, messageFields } from '../../mime/read/header'
import type { Action, Outcome, Remembered, Store as StoreAction } from '../../sieve/action'
import { createBudget } from '../../sieve/budget'
import type { Script, World } from '../../sieve/extension'
import { sieveMessage } from '../../sieve/message'
import { parseScript } from '../../sieve/parse'
import { runScript } from '../../sieve/run'
import { type RulesSettings, rulesSettings } from '../../sieve/settings'
import type { Included } from '../../sieve/values'
import { NotKnown, type Scan } from '../../sieve/world'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import { DAY } from '../../terms/calendar'
import { asError, textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import { mayNotify, notification } from '../own-mail/notification'
import { addressOf, type OwnMail, ownMail, postmasterOf } from '../own-mail/own-mail'
import { mayAnswer, vacationReply } from '../own-mail/vacation'

export interface RulesPorts {
  readonly store: Pick<Store, 'scripts' | 'marks' | 'mailboxes'>
  readonly clock: Clock
  readonly log: Log
  /** name and version of this server, for the test `environment` */
  readonly host?: string
  readonly version?: string
  readonly settings?: Omit<RulesSettings, 'globalScripts'>
  /** a script for `include :global`; undefined: there is none of this name */
  globalScript?(name: string): Promise<string | undefined>
  forward(sender: string, recipients: readonly string[], octets: Buffer): Promise<void>
}

/** A message that comes to an account. */
export interface Incoming {
  /** empty: the null sender */
  readonly sender: string
  /** the address at RCPT */
  readonly to: string
  /** with its Return-Path and other trace lines */
  readonly octets: Buffer
  readonly scan?: Scan | undefined
  /** separators of a detail in local parts of this domain */
  readonly separators?: string
}

export type Copy = Omit<StoreAction, 'kind'>

export interface Ruling {
  /** copies to store; empty: none */
  readonly stores: readonly Copy[]
  /** refused with this reason */
  readonly reject: string | undefined
  /** what the owner has to know of the script, once a month for each version of it */
  readonly complaint: string | undefined
  /** to be remembered once a copy is stored */
  readonly remember?: readonly Remembered[]
}

export const INTO_INBOX: Copy = { mailbox: undefined, flags: [] }
const KEEP: Ruling = { stores: [INTO_INBOX], reject: undefined, complaint: undefined }
/** Characters of scripts that are kept parsed. */
const KEPT = 4 * 1024 * 1024
/** What one run may ask of marks. */
const MAX_QUESTIONS = 20
const MAX_INCLUDED = 50
/** Capabilities whose tests look at the mailboxes. */
const NEED_MAILBOXES = ['mailbox', 'special-use']
const keyOf = ({ location, name }: Included): string => `${location} ${name}`
const MONTH = 30 * DAY
/** Scripts by their text, parsed once. */
function createParsed(without: ReadonlySet<string>): (source: string) => Script | Error {
  const parsed = new Map<string, Script | Error>()
  let kept = 0
  return (source) => {
    const known = parsed.get(source)
    if (known) return known
    let made: Script | Error
    try {
      made = parseScript(source, without)
    } catch (error) {
      made = asError(error)
    }
    kept += source.length + 1000
    if (kept > KEPT) {
      parsed.clear()
      kept = source.length + 1000
    }
    parsed.set(source, made)
    return made
  }
}

/**
 * What a redirect sends on: without what final delivery added here or elsewhere (RFC 5321 4.4).
 * @param octets as they came
 */
function redirected(account: string, octets: Buffer, changed: Buffer): Buffer {
  const mark = `X-Sieve-Redirected-By: ${account}`
  // Our own mark in the header: it has been redirected by this account before.
  const fields = messageFields(octets).filter(({ name }) => name === 'x-sieve-redirected-by')
  if (fields.some(({ value }) => value.toLowerCase() === account.toLowerCase())) throw new Error('redirect loop')
  const end = changed.indexOf('\r\n\r\n')
  const head = changed.subarray(0, end < 0 ? changed.length : end + 4)
  const kept = headerFields(head, fieldChoice(['return-path', 'delivered-to'], 'not'))
  return Buffer.concat([Buffer.from(`${mark}\r\n`), kept, changed.subarray(head.length)])
}

/** Runs an account's Sieve script for a message. Never rejects: whatever goes wrong, the message goes into INBOX (RFC 5228 2.10.6). */
export function createRules({ store, clock, log, forward, settings = rulesSettings({}), ...ports }: RulesPorts) {
  const scriptOf = createParsed(settings.without)

  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  const due = (account: Account, what: string, milliseconds: number): Promise<boolean> => {
    const at = clock.now()
    return store.marks.set(account.id, { what, at, until: at + milliseconds })
  }

  const complaint = async (account: Account, source: string, why: string): Promise<Ruling> =>
    (await due(account, `mistake in ${source}`, MONTH)) ? { ...KEEP, complaint: why } : KEEP

  async function send(account: Account, { sender, to, octets }: Incoming, actions: readonly Action[]): Promise<void> {
    for (const action of actions) {
      if (action.kind === 'redirect') {
        await forward(sender, [action.address], redirected(account.name, octets, action.octets ?? octets))
      }
      const now = clock.now()
      if (action.kind === 'notify' && mayNotify(octets))
        await forward('', [...action.to, ...action.cc], await ownMail(notification(action, octets, account.name, now)))
      if (action.kind === 'vacation') {
        const one = { action, octets, sender, own: [account.name, to], now }
        const what = `vacation ${action.handle} ${sender.toLowerCase()}`
        if (!mayAnswer(one) || !(await due(account, what, action.seconds * 1000))) continue
        await forward('', [sender], await ownMail(vacationReply(one)))
      }
    }
  }

  /** All scripts that this one may run, by place and name (RFC 6609 3.2). */
  async function includedBy(account: Account, script: Script): Promise<ReadonlyMap<string, Script | Error>> {
    const found = new Map<string, Script | Error>()
    const wanted = [...script.includes]
    for (let next = wanted.pop(); next && found.size < MAX_INCLUDED; next = wanted.pop()) {
      const { location, name } = next
      if (found.has(keyOf(next))) continue
      const source =
        location === 'global' ? await ports.globalScript?.(name) : await store.scripts.get(account.id, name)
      if (source === undefined) continue
      const included = scriptOf(source)
      found.set(keyOf(next), included)
      if (!(included instanceof Error)) wanted.push(...included.includes)
    }
    return found
  }

  /** Runs it again when it asked for something that had to be looked up. */
  async function outcomeOf(account: Account, script: Script, incoming: Incoming): Promise<Outcome> {
    const now = clock.now()
    const remembered = new Map<string, boolean>()
    const scripts = await includedBy(account, script)
    const all = [script, ...scripts.values()]
    const needsMailboxes = all.some(
      (one) => !(one instanceof Error) && NEED_MAILBOXES.some((name) => one.required.has(name)),
    )
    const world: World = {
      envelope: { from: incoming.sender, to: incoming.to },
      now,
      zone: (at) => -new Date(at).getTimezoneOffset(),
      host: ports.host ?? hostname(),
      version: ports.version ?? '',
      scan: incoming.scan ?? {},
      separators: incoming.separators ?? '',
      maxRedirects: settings.redirects,
      mailboxes: needsMailboxes ? await store.mailboxes.list(account.id) : [],
      script: (wanted) => scripts.get(keyOf(wanted)),
      isRemembered: (what) => remembered.get(what),
    }
    const budget = createBudget()
    for (;;) {
      try {
        return runScript(script, sieveMessage(incoming.octets, budget), world, budget)
      } catch (error) {
        if (!(error instanceof NotKnown) || remembered.size >= MAX_QUESTIONS) throw error
        remembered.set(error.what, await store.marks.has(account.id, { what: error.what, at: now }))
      }
    }
  }

  async function decide(account: Account, incoming: Incoming): Promise<Ruling> {
    if (account.activeScript === undefined) return KEEP
    const source = await store.scripts.get(account.id, account.activeScript)
    if (source === undefined) return KEEP
    const script = scriptOf(source)
    if (script instanceof Error) return await complaint(account, source, script.message)
    try {
      const { actions, remember } = await outcomeOf(account, script, incoming)
      await send(account, incoming, actions)
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
    decide: (account: Account, incoming: Incoming): Promise<Ruling> =>
      decide(account, incoming).catch((error) => {
        log.error(`rules of ${account.name}: ${textOf(error)}`)
        return KEEP
      }),
  }
}
export type Rules = ReturnType<typeof createRules>

/** The complaint as a message, which goes into the owner's INBOX. */
export const complaintMail = (name: string, why: string, now: number): OwnMail => ({
  from: postmasterOf(name),
  to: [addressOf(name)],
  subject: 'Your mail rules have a mistake',
  body: {
    text: `Your Sieve script could not be run, and all mail goes into INBOX until it is put right:\n\n${why.slice(0, 500)}\n`,
  },
  automatic: 'auto-generated',
  now,
})
