import type { MailRoom } from '../mailbox/mailbox'
import type { MailboxSettings } from '../mailbox/settings'
import { headerEnd } from '../mime/read/header'
import { messageIds } from '../mime/read/message-id'
import { createLimiter } from '../processes/limiter'
import type { Scan } from '../sieve/world'
import type { Account } from '../store/account'
import type { Store } from '../store/store'
import { textOf } from '../terms/errors'
import { logThrown } from '../terms/log-thrown'
import type { Clock, Log } from '../terms/ports'
import { runs } from '../work/loop'
import { createCopies } from './copies'
import type { DeliveryEntry, DeliveryLog } from './log'
import { spellDomain } from './recipients/address'
import { createRecipients, type RecipientPorts, type Target, type Targets } from './recipients/recipients'
import { fullReply, isFailure, LOOP, type Reply, STORED, UNAVAILABLE, UNKNOWN } from './reply'
import { transactionDigest } from './retransmission'
import type { Rules } from './rules/rules'

export interface FinalDeliveryPorts extends Omit<RecipientPorts, 'store'> {
  readonly store: Store
  readonly room: MailRoom
  readonly settings: MailboxSettings
  readonly clock: Clock
  readonly log: Log
  /** Sieve scripts of the accounts; undefined: there are none */
  readonly rules?: (Pick<Rules, 'decide'> & Partial<Pick<Rules, 'remember'>>) | undefined
  /** whether what a scanner marked in the header goes into Junk */
  readonly junkByHeader?: boolean
  /** milliseconds in which a message that an account has already is not stored again; undefined or 0: it is */
  readonly duplicates?: number
  /** told what became of each recipient; undefined: nobody asks */
  readonly deliveries?: Pick<DeliveryLog, 'note'> | undefined
  /** Queues a message for addresses elsewhere (aliases); resolves when it is on the disk there. */
  forward(sender: string, recipients: readonly string[], octets: Buffer): Promise<void>
}

/** A recipient that was accepted at RCPT. */
export interface Accepted {
  /** as it was given */
  readonly address: string
  readonly targets: Targets
  readonly full: 'temporary' | 'permanent'
}

export interface Mail {
  /** reverse-path without brackets; empty: the null sender */
  readonly sender: string
  /** trace lines that go above the message, each with its CRLF; for the recipient when there is one only (RFC 5321 7.2) */
  received(recipient: string | undefined): string
  /** the message in pieces, CRLF lines, dots unstuffed */
  readonly octets: readonly Buffer[]
  /** a scanner found spam: it goes into Junk where the owner's rules do not say otherwise */
  readonly spam?: boolean
  /** what scanners found, for rules; undefined: not known */
  readonly scan?: Scan | undefined
  /** what follows may fail, and the client then sends it again though copies are stored: those are not stored twice */
  readonly mayComeAgain?: boolean
}

/** Octets of a large message: its copies are written one after another. */
export const LARGE = 1024 * 1024
/** Large messages that are in memory at once, and milliseconds that others wait for a place: less than Haraka gives a plugin. */
const LARGE_AT_ONCE = 8
const PATIENCE = 20_000
const AT_ONCE = 32

/** From the first octets: a header that hides it further down is not worth a search. */
function loggedMessageId(octets: readonly Buffer[]): string {
  const head = (octets[0] ?? Buffer.alloc(0)).toString('latin1', 0, 16 * 1024)
  const header = `\r\n${head}`.split('\r\n\r\n', 1)[0] ?? ''
  return (messageIds(/\r\nmessage-id:((?:.|\r\n[ \t])*)/i.exec(header)?.[1])[0] ?? '').slice(0, 250)
}

/**
 * Final delivery (RFC 5321 4.4) for Haraka's hooks, LMTP and programs of others: who is a recipient, and one reply for each
 * after the copies are on the disk. Never rejects.
 */
export function createFinalDelivery(ports: FinalDeliveryPorts) {
  const { room, clock, log, forward, isLocalDomain, settingsOf } = ports
  const recipients = createRecipients(ports)
  const copyTo = createCopies(ports)

  async function isFull(account: Account): Promise<boolean> {
    const quota = await room
      .account({ id: account.id, name: account.name, overrides: account.overrides, admin: account.admin })
      .quota()
    return (
      (quota.limitBytes > 0 && quota.usedBytes >= quota.limitBytes) ||
      (quota.limitMessages > 0 && quota.usedMessages >= quota.limitMessages)
    )
  }

  /** @returns undefined: not a domain of ours, and no account or alias of this name */
  async function rcpt(address: string): Promise<Accepted | Reply | undefined> {
    try {
      const targets = await recipients.resolve(address)
      const domain = spellDomain(address.slice(address.lastIndexOf('@') + 1))
      if (!targets) return isLocalDomain(domain) ? UNKNOWN : undefined
      const { full } = settingsOf(domain)
      // An alias with one full mailbox waits as a whole: nothing is stored twice when it is sent again.
      for (const { account } of targets.local) if (await isFull(account)) return fullReply(full)
      return { address, targets, full }
    } catch (error) {
      logThrown(log, 'recipient check', error)
      return UNAVAILABLE
    }
  }

  async function forwardTo(addresses: readonly string[], mail: Mail, to: Accepted): Promise<Reply> {
    const head = Buffer.concat(mail.octets)
    const header = head.toString('latin1', 0, headerEnd(head)).toLowerCase()
    const mark = `Delivered-To: ${to.address}\r\n`
    // Our own mark in the header: the message has been through this alias before.
    if (`\r\n${header}`.includes(`\r\n${mark.toLowerCase()}`)) return LOOP
    try {
      await forward(mail.sender, addresses, Buffer.concat([Buffer.from(mark), head]))
      return STORED
    } catch (error) {
      log.error(`forwarding from ${to.address} failed: ${textOf(error)}`)
      return UNAVAILABLE
    }
  }

  function note(mail: Mail, size: number, accepted: readonly Accepted[], replies: readonly Reply[]): void {
    if (!ports.deliveries) return
    const at = clock.now()
    const messageId = loggedMessageId(mail.octets)
    void ports.deliveries.note(
      accepted.map(({ address }, index): DeliveryEntry => {
        const { code, enhanced, text: why } = replies[index] ?? UNAVAILABLE
        const outcome = code < 400 ? 'stored' : code < 500 ? 'later' : 'refused'
        return {
          at,
          sender: mail.sender,
          recipient: address,
          outcome,
          reply: `${code} ${enhanced} ${why}`,
          size,
          messageId,
        }
      }),
    )
  }

  async function runAll(todo: ReadonlyMap<string, () => Promise<Reply>>, width: number): Promise<Map<string, Reply>> {
    const replies = new Map<string, Reply>()
    const waiting = [...todo]
    for (let i = 0; i < waiting.length; i += width) {
      const batch = waiting.slice(i, i + width)
      await Promise.all(batch.map(async ([key, run]) => replies.set(key, await run())))
    }
    return replies
  }

  /** One reply for each of `accepted`, in order. An account that several of them lead to gets one copy. */
  async function deliver(mail: Mail, accepted: readonly Accepted[]): Promise<readonly Reply[]> {
    const end = runs('delivery')
    try {
      return await deliverTo(mail, accepted)
    } finally {
      end()
    }
  }
  async function deliverTo(mail: Mail, accepted: readonly Accepted[]): Promise<readonly Reply[]> {
    const size = mail.octets.reduce((sum, piece) => sum + piece.length, 0)
    const [only] = accepted
    const recipient = accepted.length === 1 ? only?.address : undefined
    // A failed copy of an alias fails the recipient, and those that have theirs must not get a second one.
    const isAlias = ({ targets }: Accepted): boolean => targets.local.length + targets.remote.length > 1
    const again =
      mail.mayComeAgain || accepted.some(isAlias)
        ? transactionDigest(mail.sender, Buffer.concat(mail.octets))
        : undefined
    const keyOf = ({ account, detail }: Target): string => `${account.id} ${detail ?? ''}`
    const copies = new Map<string, () => Promise<Reply>>()
    for (const to of accepted) {
      for (const target of to.targets.local) {
        if (!copies.has(keyOf(target))) copies.set(keyOf(target), () => copyTo(target, mail, to, recipient, again))
      }
    }
    const replies = await runAll(copies, size > LARGE ? 1 : AT_ONCE)
    const localReply = (to: Accepted): Reply | undefined => {
      const got = to.targets.local.map((target) => replies.get(keyOf(target)) ?? UNAVAILABLE)
      return got.find(isFailure) ?? got[0]
    }
    // Nothing remembers what was sent elsewhere, so that comes last: it is not sent while a copy here may still bring it back.
    const forwards = new Map<string, () => Promise<Reply>>()
    for (const to of accepted) {
      const { remote } = to.targets
      const failed = isFailure(localReply(to) ?? STORED)
      if (remote.length > 0 && !failed) forwards.set(to.address, () => forwardTo(remote, mail, to))
    }
    const forwarded = await runAll(forwards, 1)
    const answers = accepted.map((to) => forwarded.get(to.address) ?? localReply(to) ?? UNAVAILABLE)
    note(mail, size, accepted, answers)
    return answers
  }

  /**
   * A place for a large message, from before it is read into memory until it was delivered, so that many at once do not fill
   * it. Rejects (`Overloaded`) when there was none for 20 s: a temporary error for the client.
   */
  const large = createLimiter(LARGE_AT_ONCE, PATIENCE)

  return { rcpt, deliver, large }
}
export type FinalDelivery = ReturnType<typeof createFinalDelivery>
export const isReply = (answer: Accepted | Reply): answer is Reply => 'code' in answer
