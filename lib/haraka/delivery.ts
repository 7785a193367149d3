import type { MailRoom } from '../mailbox/mailbox'
import type { Account } from '../store/account'
import type { Store } from '../store/store'
import { assertNever, type Fault } from '../terms/fault'
import type { Log } from '../terms/ports'
import { type Address, type Connection, HOOK, type Next, type Transaction } from './host'
import { createRepeats } from './repeats'

export interface DeliveryPorts {
  readonly store: Store
  readonly room: MailRoom
  readonly log: Log
  readonly settings: DeliverySettings
  /** Haraka's host_list and our `domains`, in lower case */
  isLocalDomain(domain: string): boolean
  /** Tells the sender about recipients that failed after others were stored (RFC 3461's cousin in plain words). */
  bounce(sender: Address, text: string): void
}

export interface DeliverySettings {
  /** what a full mailbox answers at RCPT: `temporary` 452 4.2.2, `permanent` 552 5.2.2 */
  readonly full: 'temporary' | 'permanent'
}

interface Answer {
  readonly code: number
  readonly text: string
}
interface Outcome {
  readonly recipient: Address
  readonly failure: Answer | undefined
}

/** Copies over this size are written one after another, so that one big message to many does not fill the memory. */
const BIG = 1024 * 1024
const AT_ONCE = 32

const nameOf = (address: Address): string => `${address.user.replace(/^"(.*)"$/, '$1')}@${address.host}`.toLowerCase()

/** The SMTP answer to a fault: 452/552 keep RFC 3463's words. */
function answerTo(fault: Fault): Answer {
  switch (fault.kind) {
    case 'over-quota':
      return { code: HOOK.denysoft, text: '4.2.2 mailbox full' }
    case 'too-big':
      return { code: HOOK.deny, text: '5.3.4 message too big' }
    case 'no-such-account':
      return { code: HOOK.deny, text: '5.1.1 no such user here' }
    case 'no-such-mailbox':
    case 'mailbox-exists':
    case 'bad-mailbox-name':
    case 'not-permitted':
    case 'limit':
    case 'read-only':
    case 'locked':
    case 'lease-lost':
    case 'message-gone':
    case 'unavailable':
      return { code: HOOK.denysoft, text: '4.3.0 mail store unavailable, try again later' }
    default:
      return assertNever(fault)
  }
}

export function createDelivery({ store, room, log, settings, isLocalDomain, bounce }: DeliveryPorts) {
  // By identity of the address object: a later plugin may still take a recipient out of the transaction.
  const owners = new WeakMap<Address, Account>()
  const repeats = createRepeats()

  async function isFull(account: Account): Promise<boolean> {
    const quota = await room
      .account({ id: account.id, name: account.name, overrides: account.overrides, admin: account.admin })
      .quota()
    return (
      (quota.limitBytes > 0 && quota.usedBytes >= quota.limitBytes) ||
      (quota.limitMessages > 0 && quota.usedMessages >= quota.limitMessages)
    )
  }

  async function answerRcpt(address: Address): Promise<Answer | undefined> {
    if (address.isNull()) return undefined
    const account = await store.accounts.find(nameOf(address))
    if (!account || account.disabled) {
      return isLocalDomain(address.host.toLowerCase())
        ? { code: HOOK.deny, text: '5.1.1 no such user here' }
        : undefined
    }
    if (await isFull(account)) {
      return settings.full === 'permanent'
        ? { code: HOOK.deny, text: '5.2.2 mailbox full' }
        : { code: HOOK.denysoft, text: '4.2.2 mailbox full' }
    }
    owners.set(address, account)
    return { code: HOOK.ok, text: '' }
  }

  async function deliverTo(
    recipient: Address,
    account: Account,
    transaction: Transaction,
    data: Buffer,
  ): Promise<Outcome> {
    // RFC 5321 4.4: the final delivery adds Return-Path; Delivered-To names the account for people and loops.
    const trace = `Return-Path: ${transaction.mail_from.format()}\r\nDelivered-To: ${account.name}\r\n`
    try {
      const done = await room.deliver({ account: account.id, bytes: Buffer.concat([Buffer.from(trace), data]) })
      if (done.ok) return { recipient, failure: undefined }
      log.warn(`delivery to ${account.name} failed: ${done.fault.kind}`)
      return { recipient, failure: answerTo(done.fault) }
    } catch (error) {
      log.error(`delivery to ${account.name} failed: ${error instanceof Error ? error.message : String(error)}`)
      return { recipient, failure: answerTo({ kind: 'unavailable', why: 'store' }) }
    }
  }

  async function deliverAll(transaction: Transaction, data: Buffer): Promise<Outcome[]> {
    const todo = transaction.rcpt_to.flatMap((recipient) => {
      const account = owners.get(recipient)
      return account ? [{ recipient, account }] : []
    })
    const outcomes: Outcome[] = []
    const width = data.length > BIG ? 1 : AT_ONCE
    for (let i = 0; i < todo.length; i += width) {
      const batch = todo.slice(i, i + width)
      outcomes.push(
        ...(await Promise.all(
          batch.map(({ recipient, account }) => {
            if (repeats.has(transaction, account.name, data)) return { recipient, failure: undefined }
            return deliverTo(recipient, account, transaction, data)
          }),
        )),
      )
    }
    return outcomes
  }

  /** There is one reply for all recipients: once one copy is stored, the reply is never a failure (it would be sent again). */
  function settle(transaction: Transaction, data: Buffer, outcomes: readonly Outcome[], next: Next): void {
    const failures = outcomes.flatMap(({ recipient, failure }) => (failure ? [{ recipient, failure }] : []))
    const stored = outcomes.length - failures.length
    const rest = transaction.rcpt_to.filter((recipient) => !owners.has(recipient))
    const [first] = failures
    if (stored === 0 && rest.length === 0 && first) return next(first.failure.code, first.failure.text)
    if (failures.length > 0 && !transaction.mail_from.isNull()) {
      const lines = failures.map(({ recipient, failure }) => `${recipient.format()}: ${failure.text}`)
      bounce(transaction.mail_from, lines.join('\r\n'))
    }
    if (rest.length === 0) return next(HOOK.ok, `stored for ${stored}`)
    // A queue plugin below may still fail, and the client then sends again: these copies must not be stored twice.
    for (const { recipient, failure } of outcomes) {
      const account = owners.get(recipient)
      if (!failure && account) repeats.add(transaction, account.name, data)
    }
    transaction.rcpt_to = rest
    next()
  }

  return {
    /** Hook `rcpt`. */
    rcpt(next: Next, address: Address): void {
      answerRcpt(address).then(
        (answer) => (answer ? next(answer.code, answer.text) : next()),
        (error) => {
          log.error(`recipient check failed: ${error instanceof Error ? error.message : String(error)}`)
          next(HOOK.denysoft, '4.3.0 mail store unavailable, try again later')
        },
      )
    },
    /** Hooks `queue` and `queue_outbound`: authenticated senders' mail to local users goes through the latter. */
    queue(next: Next, { transaction }: Connection): void {
      if (!transaction?.rcpt_to.some((recipient) => owners.has(recipient))) return next()
      transaction.message_stream.get_data((got) => {
        const data = Buffer.isBuffer(got) ? got : Buffer.from(got, 'binary')
        deliverAll(transaction, data)
          .then((outcomes) => settle(transaction, data, outcomes, next))
          .catch((error) => {
            log.error(`delivery failed: ${error instanceof Error ? error.message : String(error)}`)
            next(HOOK.denysoft, '4.3.0 mail store unavailable, try again later')
          })
      })
    },
  }
}
