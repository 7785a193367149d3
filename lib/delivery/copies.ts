import type { Account } from '../store/account'
import { storableFlags } from '../store/limits'
import type { Mark } from '../store/records/marks'
import type { Mailbox } from '../store/store'
import { DAY } from '../terms/calendar'
import { textOf } from '../terms/errors'
import { logThrown } from '../terms/log-thrown'
import type { Accepted, Mail } from './mail'
import { domainOf } from './own-mail/own-mail'
import { createOwnerNotices } from './own-mail/owner-notices'
import type { DeliveryPorts } from './ports'
import { spellDomain } from './recipients/address'
import type { Target } from './recipients/recipients'
import { faultReply, type Reply, refusedReply, STORED, STORED_BEFORE, UNAVAILABLE } from './reply'
import { messageIdOf } from './retransmission'
import { createDestinations, type Destination } from './rules/destinations'
import { INTO_INBOX } from './rules/ruling'
import { hasSpamHeader, scanInHeader } from './spam'

/** Longer than a client tries to send (RFC 5321 4.5.4.1: 4 to 5 days). */
const TRIES_END = 6 * DAY

/** One account's copy of a message. */
export interface CopyOrder {
  readonly target: Target
  readonly mail: Mail
  /** the recipient that led to this account first */
  readonly to: Accepted
  /** named in the trace lines; undefined: the message has several recipients */
  readonly recipient: string | undefined
  /** knows the transaction when it is sent again; undefined: it is not */
  readonly digest: string | undefined
}

/** Reads once, when it is asked for. */
function once<T>(read: () => Promise<T>): () => Promise<T> {
  let reading: Promise<T> | undefined
  return () => {
    reading ??= read()
    return reading
  }
}

/** The mailbox for spam (RFC 6154), or the one that a detail names, whatever its case; undefined: INBOX. */
async function mailboxFor(
  { detail }: Target,
  isSpam: boolean,
  mailboxes: () => Promise<readonly Mailbox[]>,
): Promise<string | undefined> {
  if (isSpam) {
    const all = await mailboxes()
    const junk = all.find(({ specialUse }) => specialUse.includes('\\Junk')) ?? all.find(({ name }) => name === 'Junk')
    return junk?.name
  }
  if (detail === undefined) return undefined
  const wanted = detail.toLowerCase()
  return (await mailboxes()).find(({ name }) => name.normalize('NFC').toLowerCase() === wanted)?.name
}

/** The copy of one account: its owner's rules, the mailbox it goes into, what is not to be stored twice. Never rejects. */
export function createCopies(ports: DeliveryPorts) {
  const { store, room, clock, log, duplicates = 0, junkByHeader = false } = ports
  const tellOwner = createOwnerNotices(ports)
  const destinationsOf = createDestinations(room)

  function marksOf({ target, digest }: CopyOrder, bytes: Buffer): readonly Mark[] {
    const at = clock.now()
    const id = duplicates > 0 ? messageIdOf(bytes) : undefined
    return [
      ...(id === undefined ? [] : [{ what: `message ${id}`, at, until: at + duplicates }]),
      ...(digest === undefined
        ? []
        : [{ what: `transaction ${digest} ${target.detail ?? ''}`, at, until: at + TRIES_END }]),
    ]
  }

  /** Where the message goes, by spam scanners and the owner's rules. */
  async function ruled({ target, mail, to }: CopyOrder, bytes: Buffer) {
    const { account } = target
    const isSpam = mail.spam === true || (junkByHeader && hasSpamHeader(bytes))
    // An account that was never used has its INBOX only; rules look for the others.
    if (isSpam || account.activeScript !== undefined) await room.ensureSpecialUse(account.id)
    const mailboxes = once(() => store.mailboxes.list(account.id))
    // Rules may file into those of others; who writes to `user+mailbox` may not.
    const reachable = once(async () => [...(await mailboxes()), ...(await room.postable(account))])
    const ruling = await ports.rules?.decide(account, {
      sender: mail.sender,
      to: to.address,
      octets: bytes,
      scan: mail.scan ?? (junkByHeader ? scanInHeader(bytes) : undefined),
      separators: ports.settingsOf(spellDomain(domainOf(to.address))).subaddress,
      mailboxes: reachable,
    })
    if (ruling?.reject !== undefined) return { ruling, destinations: [] }
    const filings = ruling?.stores ?? [INTO_INBOX]
    const elsewhere = await mailboxFor(target, isSpam, mailboxes)
    return { ruling, destinations: await destinationsOf(account, filings, elsewhere, reachable) }
  }

  /** @returns the reply where nothing could be stored; undefined: nothing is lost */
  async function storeInto(
    account: Account,
    destinations: readonly Destination[],
    bytes: Buffer,
    marks: readonly Mark[],
    full: Accepted['full'],
  ): Promise<Reply | undefined> {
    let stored = false
    for (const { mailbox, flags, octets } of destinations) {
      const done = await room.deliver({
        account: account.id,
        owner: account,
        bytes: octets ?? bytes,
        mailbox,
        ...(flags.length > 0 && { flags: storableFlags(flags) }),
        ...(!stored && { marks }),
      })
      stored ||= done.ok
      if (done.ok) continue
      if (done.fault.kind !== 'stored-before') log.warn(`delivery to ${account.name} failed: ${done.fault.kind}`)
      // With one copy on the disk nothing is lost, and sending it again would double that one.
      if (!stored) return faultReply(done.fault, full)
    }
    if (!stored) for (const mark of marks) await store.marks.set(account.id, mark)
    return undefined
  }

  async function deliverCopy(order: CopyOrder, bytes: Buffer, marks: readonly Mark[]): Promise<Reply> {
    const { account } = order.target
    const { ruling, destinations } = await ruled(order, bytes)
    if (ruling?.reject !== undefined) {
      return refusedReply(ruling.reject)
    }
    const failure = await storeInto(account, destinations, bytes, marks, order.to.full)
    if (failure) return failure
    if (ruling) await ports.rules?.remember?.(account, ruling)
    tellOwner(account, bytes.length, ruling?.complaint).catch((error) => log.error(`notice: ${textOf(error)}`))
    return STORED
  }

  return async function copyTo(order: CopyOrder): Promise<Reply> {
    const { target, mail, recipient } = order
    const { account } = target
    try {
      // RFC 5321 4.4: the final delivery adds Return-Path; Delivered-To names the account for people and loops.
      const trace = `Return-Path: <${mail.sender}>\r\nDelivered-To: ${account.name}\r\n${mail.received(recipient)}`
      const bytes = Buffer.concat([Buffer.from(trace), ...mail.octets])
      const marks = marksOf(order, bytes)
      // Before the owner's rules, which may send something; storing it asks again, in its transaction.
      for (const mark of marks) if (await store.marks.has(account.id, mark)) return STORED_BEFORE
      return await deliverCopy(order, bytes, marks)
    } catch (error) {
      logThrown(log, `delivery to ${account.name}`, error)
      return UNAVAILABLE
    }
  }
}
