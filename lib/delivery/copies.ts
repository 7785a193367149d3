import type { Account } from '../store/account'
import { storableFlags } from '../store/limits'
import type { Mark } from '../store/records/marks'
import { DAY } from '../terms/calendar'
import { textOf } from '../terms/errors'
import type { Accepted, FinalDeliveryPorts, Mail } from './delivery'
import { domainOf, type OwnMail, ownMail } from './own-mail/own-mail'
import { createQuotaWarnings, warningMail } from './own-mail/quota-warnings'
import { spellDomain } from './recipients/address'
import type { Target } from './recipients/recipients'
import { faultReply, type Reply, STORED, STORED_BEFORE, UNAVAILABLE } from './reply'
import { messageIdOf } from './retransmission'
import { createPlaces } from './rules/places'
import { complaintMail, INTO_INBOX } from './rules/rules'
import { hasSpamHeader, scanInHeader } from './spam'

/** Longer than a client tries to send (RFC 5321 4.5.4.1: 4 to 5 days). */
const TRIES_END = 6 * DAY

/** The copy of one account: its owner's rules, the mailbox it goes into, what is not to be stored twice. Never rejects. */
export function createCopies(ports: FinalDeliveryPorts) {
  const { store, room, settings, clock, log, duplicates = 0 } = ports
  const warn = createQuotaWarnings(store, settings)
  const placesOf = createPlaces(ports)

  /** The mailbox for spam (RFC 6154), or the one that a detail names, whatever its case; undefined: INBOX. */
  async function mailboxOf({ account, detail }: Target, spam: boolean): Promise<string | undefined> {
    if (spam) {
      const all = await store.mailboxes.list(account.id)
      return (all.find((one) => one.specialUse.includes('\\Junk')) ?? all.find(({ name }) => name === 'Junk'))?.name
    }
    if (detail === undefined) return undefined
    const wanted = detail.toLowerCase()
    return (await store.mailboxes.list(account.id)).find(({ name }) => name.normalize('NFC').toLowerCase() === wanted)
      ?.name
  }

  /** Tells the owner, also of a full mailbox; never rejects. */
  async function tellOwner(account: Account, mail: OwnMail | undefined): Promise<void> {
    if (!mail) return
    const done = await room.deliver({ account: account.id, bytes: await ownMail(mail), quota: 'ignore' })
    if (!done.ok) log.warn(`a notice to ${account.name} failed: ${done.fault.kind}`)
  }
  async function afterwards(account: Account, size: number, complaint: string | undefined): Promise<void> {
    const now = clock.now()
    await tellOwner(account, complaint === undefined ? undefined : complaintMail(account.name, complaint, now))
    const warning = await warn(account, size)
    await tellOwner(account, warning && warningMail(account.name, warning, now))
  }

  /** @param again of a transaction that may be sent again */
  function marksOf({ detail }: Target, bytes: Buffer, again: string | undefined): readonly Mark[] {
    const at = clock.now()
    const id = duplicates > 0 ? messageIdOf(bytes) : undefined
    return [
      ...(id === undefined ? [] : [{ what: `message ${id}`, at, until: at + duplicates }]),
      ...(again === undefined ? [] : [{ what: `transaction ${again} ${detail ?? ''}`, at, until: at + TRIES_END }]),
    ]
  }

  async function copyTo(
    target: Target,
    mail: Mail,
    to: Accepted,
    recipient: string | undefined,
    again: string | undefined,
  ): Promise<Reply> {
    const { account } = target
    try {
      // RFC 5321 4.4: the final delivery adds Return-Path; Delivered-To names the account for people and loops.
      const trace = `Return-Path: <${mail.sender}>\r\nDelivered-To: ${account.name}\r\n${mail.received(recipient)}`
      const bytes = Buffer.concat([Buffer.from(trace), ...mail.octets])
      const marks = marksOf(target, bytes, again)
      // Before the owner's rules, which may send something; storing it asks again, in its transaction.
      for (const mark of marks) if (await store.marks.has(account.id, mark)) return STORED_BEFORE
      return await storeCopies(target, mail, to, bytes, marks)
    } catch (error) {
      log.error(`delivery to ${account.name} failed: ${textOf(error)}`)
      return UNAVAILABLE
    }
  }

  async function storeCopies(
    target: Target,
    mail: Mail,
    to: Accepted,
    bytes: Buffer,
    marks: readonly Mark[],
  ): Promise<Reply> {
    const { account } = target
    const spam = mail.spam === true || (ports.junkByHeader === true && hasSpamHeader(bytes))
    // An account that was never used has its INBOX only; rules look for the others.
    if (spam || account.activeScript !== undefined) await room.ensureSpecialUse(account.id)
    const ruling = await ports.rules?.decide(account, {
      sender: mail.sender,
      to: to.address,
      octets: bytes,
      scan: mail.scan ?? (ports.junkByHeader === true ? scanInHeader(bytes) : undefined),
      separators: ports.settingsOf(spellDomain(domainOf(to.address))).subaddress,
    })
    if (ruling?.reject !== undefined) {
      return { code: 550, enhanced: '5.7.1', text: ruling.reject.replace(/[\r\n]+/g, ' ').slice(0, 400) }
    }
    const stores = ruling?.stores ?? [INTO_INBOX]
    const copies = await placesOf(account, stores, await mailboxOf(target, spam))
    let stored = false
    for (const { mailbox, flags, octets } of copies) {
      const done = await room.deliver({
        account: account.id,
        bytes: octets ?? bytes,
        mailbox,
        ...(flags.length > 0 && { flags: storableFlags(flags) }),
        ...(!stored && { marks }),
      })
      stored ||= done.ok
      if (done.ok) continue
      if (done.fault.kind !== 'stored-before') log.warn(`delivery to ${account.name} failed: ${done.fault.kind}`)
      // With one copy on the disk nothing is lost, and sending it again would double that one.
      if (!stored) return faultReply(done.fault, to.full)
    }
    if (!stored) for (const mark of marks) await store.marks.set(account.id, mark)
    if (ruling) await ports.rules?.remember?.(account, ruling)
    afterwards(account, bytes.length, ruling?.complaint).catch((error) => log.error(`notice: ${textOf(error)}`))
    return STORED
  }

  return copyTo
}
