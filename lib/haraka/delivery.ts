import DSN from 'haraka-dsn'
import { type Accepted, type FinalDelivery, isReply } from '../mailbox/deliver/final-delivery'
import { isFailure, type Reply, UNAVAILABLE } from '../mailbox/deliver/reply'
import type { Log } from '../terms/ports'
import { type Address, type Connection, HOOK, type Next, type Transaction } from './host'
import { createRepeats } from './repeats'
import { isSpam } from './spam-results'

export interface DeliveryPorts {
  readonly delivery: FinalDelivery
  readonly log: Log
  /** whether mail that rspamd or SpamAssassin found to be spam goes into Junk */
  readonly junkByResults: boolean
  /** Tells the sender about recipients that failed after others were stored (RFC 3461's cousin in plain words). */
  bounce(sender: Address, text: string): void
}

interface Outcome {
  readonly recipient: Address
  readonly reply: Reply
}

/** A reply as Haraka's `next` takes it: an object has its own code, a text would get 450 or 550. */
function answer(next: Next, { code, enhanced, text }: Reply): void {
  const [, subject, detail] = enhanced.split('.').map(Number)
  const result = code >= 500 ? HOOK.deny : HOOK.denysoft
  next(result, DSN.create(code, text, subject ?? 0, detail ?? 0))
}

/** The hooks of final delivery: Haraka has done the rest of SMTP. */
export function createDelivery({ delivery, log, bounce, junkByResults }: DeliveryPorts) {
  // By identity of the address object: a later plugin may still take a recipient out of the transaction.
  const owners = new WeakMap<Address, Accepted>()
  const repeats = createRepeats()

  async function answerRcpt(next: Next, address: Address): Promise<void> {
    if (address.isNull()) return next()
    const answered = await delivery.rcpt(`${address.user}@${address.host}`)
    if (!answered) return next()
    if (isReply(answered)) return answer(next, answered)
    owners.set(address, answered)
    next(HOOK.ok, '')
  }

  async function deliverAll(transaction: Transaction, data: Buffer): Promise<readonly Outcome[]> {
    const todo = transaction.rcpt_to.flatMap((recipient) => {
      const accepted = owners.get(recipient)
      return accepted ? [{ recipient, accepted }] : []
    })
    const fresh = todo.filter(({ accepted }) => !repeats.has(transaction, accepted.address, data))
    const sender = transaction.mail_from.isNull() ? '' : `${transaction.mail_from.user}@${transaction.mail_from.host}`
    const replies = await delivery.deliver(
      // Haraka has put its own Received line on top.
      { sender, received: () => '', octets: [data], spam: junkByResults && isSpam(transaction.results) },
      fresh.map(({ accepted }) => accepted),
    )
    const answers = new Map(fresh.map(({ recipient }, index) => [recipient, replies[index] ?? UNAVAILABLE]))
    return todo.map(({ recipient }) => ({
      recipient,
      reply: answers.get(recipient) ?? { code: 250, enhanced: '2.0.0', text: 'stored before' },
    }))
  }

  /** There is one reply for all recipients: once one copy is stored, the reply is never a failure (it would be sent again). */
  function settle(transaction: Transaction, data: Buffer, outcomes: readonly Outcome[], next: Next): void {
    const failures = outcomes.filter(({ reply }) => isFailure(reply))
    const stored = outcomes.length - failures.length
    const rest = transaction.rcpt_to.filter((recipient) => !owners.has(recipient))
    const [first] = failures
    if (stored === 0 && rest.length === 0 && first) return answer(next, first.reply)
    if (failures.length > 0 && !transaction.mail_from.isNull()) {
      const lines = failures.map(({ recipient, reply }) => `${recipient.format()}: ${reply.enhanced} ${reply.text}`)
      bounce(transaction.mail_from, lines.join('\r\n'))
    }
    if (rest.length === 0) return next(HOOK.ok, `stored for ${stored}`)
    // A queue plugin below may still fail, and the client then sends again: these copies must not be stored twice.
    for (const { recipient, reply } of outcomes) {
      const accepted = owners.get(recipient)
      if (!isFailure(reply) && accepted) repeats.add(transaction, accepted.address, data)
    }
    transaction.rcpt_to = rest
    next()
  }

  return {
    /** Hook `rcpt`. */
    rcpt(next: Next, address: Address): void {
      answerRcpt(next, address).catch((error) => {
        log.error(`recipient check failed: ${error instanceof Error ? error.message : String(error)}`)
        answer(next, UNAVAILABLE)
      })
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
            answer(next, UNAVAILABLE)
          })
      })
    },
  }
}
