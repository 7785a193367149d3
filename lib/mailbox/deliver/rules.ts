import { sieveMessage } from '../../sieve/message'
import { parseScript, type Script } from '../../sieve/parse'
import { type Action, runScript } from '../../sieve/run'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { Clock, Log } from '../../terms/ports'
import { mayAnswer, vacationReply } from './vacation'

export interface RulesPorts {
  readonly store: Pick<Store, 'scripts' | 'marks'>
  readonly clock: Clock
  readonly log: Log
  forward(sender: string, recipients: readonly string[], octets: Buffer): Promise<void>
}

export interface Ruling {
  /** copies to store; empty: none */
  readonly stores: readonly { readonly mailbox: string | undefined; readonly flags: readonly string[] }[]
  /** refused with this reason */
  readonly reject: string | undefined
  /** what the owner has to know of the script, once a month for each version of it */
  readonly complaint: string | undefined
}

const KEEP: Ruling = { stores: [{ mailbox: undefined, flags: [] }], reject: undefined, complaint: undefined }
const REMEMBERED = 1000
const DAY = 86_400_000
const MONTH = 30 * DAY
const text = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Runs an account's Sieve script for a message. Never rejects: whatever goes wrong, the message goes into INBOX (RFC 5228 2.10.6). */
export function createRules({ store, clock, log, forward }: RulesPorts) {
  const parsed = new Map<string, Script | Error>()

  /** Whether `what` was not done within `milliseconds`, and from now on is. */
  const due = (account: Account, what: string, milliseconds: number): Promise<boolean> => {
    const at = clock.now()
    return store.marks.set(account.id, { what, at, until: at + milliseconds })
  }

  function scriptOf(source: string): Script | Error {
    const known = parsed.get(source)
    if (known) return known
    let made: Script | Error
    try {
      made = parseScript(source)
    } catch (error) {
      made = error instanceof Error ? error : new Error(String(error))
    }
    if (parsed.size >= REMEMBERED) parsed.clear()
    parsed.set(source, made)
    return made
  }

  const complaint = async (account: Account, source: string, why: string): Promise<Ruling> =>
    (await due(account, `mistake in ${source}`, MONTH)) ? { ...KEEP, complaint: why } : KEEP

  async function send(
    account: Account,
    sender: string,
    octets: Buffer,
    actions: readonly Action[],
    to: string,
  ): Promise<void> {
    for (const action of actions) {
      if (action.kind === 'redirect') {
        const mark = `X-Sieve-Redirected-By: ${account.name}\r\n`
        // Our own mark in the header: it has been redirected by this account before.
        const end = octets.indexOf('\r\n\r\n')
        if (octets.toString('latin1', 0, end < 0 ? octets.length : end + 2).includes(mark))
          throw new Error('redirect loop')
        await forward(sender, [action.address], Buffer.concat([Buffer.from(mark), octets]))
      }
      if (action.kind === 'vacation') {
        const now = clock.now()
        const one = { action, octets, sender, own: [account.name, to], now }
        const what = `vacation ${action.handle} ${sender.toLowerCase()}`
        if (!mayAnswer(one) || !(await due(account, what, action.days * DAY))) continue
        await forward('', [sender], vacationReply(one))
      }
    }
  }

  async function decide(account: Account, sender: string, to: string, octets: Buffer): Promise<Ruling> {
    if (account.activeScript === undefined) return KEEP
    const source = await store.scripts.get(account.id, account.activeScript)
    if (source === undefined) return KEEP
    const script = scriptOf(source)
    if (script instanceof Error) return await complaint(account, source, script.message)
    try {
      const actions = runScript(script, sieveMessage(octets), { from: sender, to })
      await send(account, sender, octets, actions, to)
      const reject = actions.find((action) => action.kind === 'reject')
      return {
        stores: actions.filter((action) => action.kind === 'store'),
        reject: reject?.kind === 'reject' ? reject.reason : undefined,
        complaint: undefined,
      }
    } catch (error) {
      return await complaint(account, source, text(error))
    }
  }

  return {
    /** `octets` with its Return-Path and other trace lines */
    decide: (account: Account, sender: string, to: string, octets: Buffer): Promise<Ruling> =>
      decide(account, sender, to, octets).catch((error) => {
        log.error(`rules of ${account.name}: ${text(error)}`)
        return KEEP
      }),
  }
}
export type Rules = ReturnType<typeof createRules>

/** The complaint as a message, which goes into the owner's INBOX. */
export function complaintMessage(name: string, why: string, now: Date): Buffer {
  return Buffer.from(
    [
      `Date: ${now.toUTCString().replace('GMT', '+0000')}`,
      'From: Mail system <>',
      `To: ${name}`,
      'Subject: Your mail rules have a mistake',
      `Message-ID: <sieve-${now.getTime()}@${name.slice(name.lastIndexOf('@') + 1)}>`,
      'Auto-Submitted: auto-generated',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Your Sieve script could not be run, and all mail goes into INBOX until it is put right:',
      '',
      why.slice(0, 500),
      '',
    ].join('\r\n'),
  )
}
