import DSN from 'haraka-dsn'
import type { Delivery } from '../../delivery/delivery'
import { type Accepted, isReply, LARGE } from '../../delivery/mail'
import { isFailure, type Reply, UNAVAILABLE, UNKNOWN } from '../../delivery/reply'
import { logThrown } from '../../terms/log-thrown'
import type { Log } from '../../terms/ports'
import { type Address, type Connection, HOOK, type Next, type Transaction } from '../host'
import type { Failed } from '../outbound/bounce'
import type { HarvestGuard } from './harvest'
import { isSpam, scanOf } from './spam-results'

export interface DeliveryHooksPorts {
  readonly delivery: Delivery
  readonly log: Log
  /** who asks for names */
  readonly harvest: HarvestGuard
  /** whether mail that rspamd or SpamAssassin found to be spam goes into Junk */
  readonly junkByResults: boolean
  /** Tells the sender about recipients that failed after others were stored (RFC 3461's cousin in plain words). */
  bounce(failed: Failed): void
}

/** undefined: no scanner looked, and what stands in the header may count. */
function scanned(results: Transaction['results']) {
  const scan = scanOf(results)
  return scan.spam === undefined && scan.virus === undefined ? undefined : scan
}

type Answer = Accepted | Reply | undefined

interface DeliveryOutcome {
  readonly recipient: Address
  readonly reply: Reply
}

const TOO_MANY = 'Too many unknown recipients, try again later'

/** A reply as Haraka's `next` takes it: an object has its own code, a text would get 450 or 550. */
function answer(next: Next, { code, enhanced, text }: Reply): void {
  const [, subject, detail] = enhanced.split('.').map(Number)
  const result = code >= 500 ? HOOK.deny : HOOK.denysoft
  next(result, DSN.create(code, text, subject ?? 0, detail ?? 0))
}

/** The hooks of final delivery: Haraka has done the rest of SMTP. */
export function createDeliveryHooks({ delivery, harvest, log, bounce, junkByResults }: DeliveryHooksPorts) {
  // By identity of the address object: a later plugin may still take a recipient out of the transaction.
  const answers = new WeakMap<Address, { readonly answer: Answer }>()
  const accepted = (recipient: Address): Accepted | undefined => {
    const answer = answers.get(recipient)?.answer
    return answer && !isReply(answer) ? answer : undefined
  }
  const isOurs = (recipient: Address): boolean => answers.get(recipient)?.answer !== undefined

  async function ask(address: Address): Promise<Answer> {
    const answer = await delivery.rcpt(`${address.user}@${address.host}`)
    answers.set(address, { answer })
    return answer
  }

  async function answerRcpt(next: Next, connection: Connection, address: Address): Promise<void> {
    if (address.isNull()) return next()
    if (!(await harvest.admits(connection))) return next(HOOK.denysoftdisconnect, DSN.create(421, TOO_MANY, 7, 1))
    const answered = await ask(address)
    if (!answered) return next()
    if (answered === UNKNOWN) await harvest.unknown(connection, `${address.user}@${address.host}`)
    if (isReply(answered)) return answer(next, answered)
    next(HOOK.ok, '')
  }

  /**
   * Recipients that our hook never saw: another plugin accepted them before it, or put others in their place (aliases). One of ours is
   * delivered; an unknown one is that plugin's own.
   */
  async function askLate({ rcpt_to }: Transaction): Promise<void> {
    for (const address of rcpt_to) {
      if (answers.has(address) || address.isNull()) continue
      if ((await ask(address)) === UNKNOWN) answers.set(address, { answer: undefined })
    }
  }

  async function deliverAll(transaction: Transaction, data: Buffer): Promise<readonly DeliveryOutcome[]> {
    const ours = transaction.rcpt_to.filter(isOurs)
    const todo = ours.flatMap((recipient) => accepted(recipient) ?? [])
    const sender = transaction.mail_from.isNull() ? '' : `${transaction.mail_from.user}@${transaction.mail_from.host}`
    const replies = await delivery.deliver(
      // Haraka has put its own Received line on top.
      {
        sender,
        received: () => '',
        octets: [data],
        spam: junkByResults && isSpam(transaction.results),
        scan: scanned(transaction.results),
        // A queue plugin below may still fail.
        mayComeAgain: ours.length < transaction.rcpt_to.length,
      },
      todo,
    )
    const replyOf = new Map(todo.map((recipient, index) => [recipient, replies[index] ?? UNAVAILABLE]))
    return ours.map((recipient) => {
      const answered = answers.get(recipient)?.answer
      const reply = answered && isReply(answered) ? answered : answered && replyOf.get(answered)
      return { recipient, reply: reply ?? UNAVAILABLE }
    })
  }

  /** There is one reply for all recipients: once one copy is stored, the reply is never a failure (it would be sent again). */
  function settle(transaction: Transaction, outcomes: readonly DeliveryOutcome[], octets: Buffer, next: Next): void {
    const failures = outcomes.filter(({ reply }) => isFailure(reply))
    const stored = outcomes.length - failures.length
    const rest = transaction.rcpt_to.filter((recipient) => !isOurs(recipient))
    const [first] = failures
    if (stored === 0 && rest.length === 0 && first) return answer(next, first.reply)
    if (failures.length > 0 && !transaction.mail_from.isNull()) {
      const { user, host } = transaction.mail_from
      const lines = failures.map(({ recipient, reply }) => `${recipient.format()}: ${reply.enhanced} ${reply.text}`)
      bounce({ sender: `${user}@${host}`, failures: lines, octets })
    }
    if (rest.length === 0) return next(HOOK.ok, `stored for ${stored}`)
    transaction.rcpt_to = rest
    next()
  }

  return {
    /** Hook `rcpt`. */
    rcpt(next: Next, connection: Connection, address: Address): void {
      answerRcpt(next, connection, address).catch((error) => {
        logThrown(log, 'recipient check', error)
        answer(next, UNAVAILABLE)
      })
    },
    /** Hooks `queue` and `queue_outbound`: authenticated senders' mail to local users goes through the latter. */
    queue(next: Next, { transaction }: Connection): void {
      if (!transaction) return next()
      const fail = (error: unknown): void => {
        logThrown(log, 'delivery', error)
        answer(next, UNAVAILABLE)
      }
      const deliverOurs = async (): Promise<void> => {
        const data = await new Promise<Buffer>((resolve) => {
          transaction.message_stream.get_data((octets) => {
            resolve(Buffer.isBuffer(octets) ? octets : Buffer.from(octets, 'binary'))
          })
        })
        settle(transaction, await deliverAll(transaction, data), data, next)
      }
      const run = async (): Promise<void> => {
        await askLate(transaction)
        if (!transaction.rcpt_to.some(isOurs)) return next()
        await (transaction.data_bytes > LARGE ? delivery.large(deliverOurs) : deliverOurs())
      }
      run().catch(fail)
    },
  }
}
