import { headerEnd } from '../mime/read/header'
import { createLimiter } from '../processes/limiter'
import { textOf } from '../terms/errors'
import { runs } from '../work/loop'
import { createCopies } from './copies'
import { deliveryEntries } from './log/entries'
import { type Accepted, LARGE, type Mail } from './mail'
import type { DeliveryPorts } from './ports'
import { createRcpt } from './recipients/rcpt'
import { createRecipients, type Target } from './recipients/recipients'
import { isFailure, LOOP, type Reply, STORED, UNAVAILABLE } from './reply'
import { transactionDigest } from './retransmission'

/** Large messages that are in memory at once, and milliseconds that others wait for a place: less than Haraka gives a plugin. */
const LARGE_AT_ONCE = 8
const PATIENCE = 20_000
const COPIES_AT_ONCE = 32

/** Runs what is to be done, `width` at a time. */
async function runAll(todo: ReadonlyMap<string, () => Promise<Reply>>, width: number): Promise<Map<string, Reply>> {
  const replies = new Map<string, Reply>()
  const waiting = [...todo]
  for (let start = 0; start < waiting.length; start += width) {
    const batch = waiting.slice(start, start + width)
    await Promise.all(batch.map(async ([key, run]) => replies.set(key, await run())))
  }
  return replies
}

const keyOf = ({ account, detail }: Target): string => `${account.id} ${detail ?? ''}`
const isAlias = ({ targets }: Accepted): boolean => targets.local.length + targets.remote.length > 1

/**
 * Final delivery (RFC 5321 4.4) for Haraka's hooks, LMTP and programs of others: who is a recipient, and one reply for each
 * after the copies are on the disk. Never rejects.
 */
export function createDelivery(ports: DeliveryPorts) {
  const { clock, log, forward, deliveries } = ports
  const recipients = createRecipients(ports)
  const rcpt = createRcpt(ports, recipients)
  const copyTo = createCopies(ports)

  async function forwardTo(addresses: readonly string[], mail: Mail, to: Accepted): Promise<Reply> {
    const octets = Buffer.concat(mail.octets)
    const header = octets.toString('latin1', 0, headerEnd(octets)).toLowerCase()
    const mark = `Delivered-To: ${to.address}\r\n`
    // Our own mark in the header: the message has been through this alias before.
    if (`\r\n${header}`.includes(`\r\n${mark.toLowerCase()}`)) return LOOP
    try {
      await forward(mail.sender, addresses, Buffer.concat([Buffer.from(mark), octets]))
      return STORED
    } catch (error) {
      log.error(`forwarding from ${to.address} failed: ${textOf(error)}`)
      return UNAVAILABLE
    }
  }

  /** @returns how to find the reply of a recipient's accounts; undefined: it has none here */
  async function storeAll(mail: Mail, accepted: readonly Accepted[], size: number) {
    const [only] = accepted
    const recipient = accepted.length === 1 ? only?.address : undefined
    // A failed copy of an alias fails the recipient, and those that have theirs must not get a second one.
    const digest =
      mail.mayComeAgain || accepted.some(isAlias)
        ? transactionDigest(mail.sender, Buffer.concat(mail.octets))
        : undefined
    const copies = new Map<string, () => Promise<Reply>>()
    for (const to of accepted) {
      for (const target of to.targets.local) {
        const key = keyOf(target)
        if (!copies.has(key)) copies.set(key, () => copyTo({ target, mail, to, recipient, digest }))
      }
    }
    const replies = await runAll(copies, size > LARGE ? 1 : COPIES_AT_ONCE)
    return (to: Accepted): Reply | undefined => {
      const repliesOfTargets = to.targets.local.map((target) => replies.get(keyOf(target)) ?? UNAVAILABLE)
      return repliesOfTargets.find(isFailure) ?? repliesOfTargets[0]
    }
  }

  async function deliverTo(mail: Mail, accepted: readonly Accepted[]): Promise<readonly Reply[]> {
    const size = mail.octets.reduce((sum, piece) => sum + piece.length, 0)
    const localReply = await storeAll(mail, accepted, size)
    // Nothing remembers what was sent elsewhere, so that comes last: it is not sent while a copy here may still bring it back.
    const forwards = new Map<string, () => Promise<Reply>>()
    for (const to of accepted) {
      const { remote } = to.targets
      const failed = isFailure(localReply(to) ?? STORED)
      if (remote.length > 0 && !failed) forwards.set(to.address, () => forwardTo(remote, mail, to))
    }
    const forwarded = await runAll(forwards, 1)
    const replies = accepted.map((to) => forwarded.get(to.address) ?? localReply(to) ?? UNAVAILABLE)
    if (deliveries) void deliveries.note(deliveryEntries({ at: clock.now(), mail, size, accepted, replies }))
    return replies
  }

  return {
    rcpt,
    isOf: recipients.isOf,
    aliasesOf: recipients.aliasesOf,
    /** One reply for each of `accepted`, in order. An account that several of them lead to gets one copy. */
    async deliver(mail: Mail, accepted: readonly Accepted[]): Promise<readonly Reply[]> {
      const end = runs('delivery')
      try {
        return await deliverTo(mail, accepted)
      } finally {
        end()
      }
    },
    /**
     * A place for a large message, from before it is read into memory until it was delivered, so that many at once do not
     * fill it. Rejects (`Overloaded`) when there was none for 20 s: a temporary error for the client.
     */
    large: createLimiter(LARGE_AT_ONCE, PATIENCE),
  }
}
export type Delivery = ReturnType<typeof createDelivery>
