import { type Accepted, isReply } from '../../delivery/mail'
import { isFailure, type Reply, UNAVAILABLE } from '../../delivery/reply'
import type { Submission } from '../../http/ports'
import { textOf } from '../../terms/errors'
import { deliveryOf } from '../deliver/open'
import type { Host } from '../plugin'
import { bouncer } from './bounce'
import { outboundQueue } from './queue'

/**
 * Mail that a user wrote here: to recipients of this server by final delivery, to everybody else through Haraka's outbound
 * queue. What can be refused is refused before anything is on its way; what fails later is told to the sender by mail.
 * @returns why nothing was sent; undefined: it is on its way
 */
export function submitter(host: Host): (submission: Submission) => Promise<string | undefined> {
  const { plugin } = host
  const delivery = deliveryOf(host)
  const bounce = bouncer(host)
  const queue = outboundQueue(plugin)

  return async ({ from, to, bytes }) => {
    const remote: string[] = []
    const local: Accepted[] = []
    const refused: string[] = []
    for (const recipient of to) {
      const answer = await delivery.rcpt(recipient)
      if (answer === undefined) remote.push(recipient)
      else if (isReply(answer)) refused.push(`${recipient} (${answer.text})`)
      else local.push(answer)
    }
    if (refused.length > 0) return `Not sent, because of ${refused.join(', ')}`
    if (remote.length > 0) {
      try {
        await queue(from, remote, bytes)
      } catch (error) {
        return `Not sent: ${textOf(error)}`
      }
    }
    const replies: readonly Reply[] = await delivery.deliver(
      { sender: from, received: () => '', octets: [bytes] },
      local,
    )
    const failures = local.flatMap(({ address }, index) => {
      const reply = replies[index] ?? UNAVAILABLE
      return isFailure(reply) ? [`<${address}>: ${reply.enhanced} ${reply.text}`] : []
    })
    if (failures.length === to.length) return `Not sent: ${failures.join(', ')}`
    if (failures.length > 0) bounce({ sender: from, failures, octets: bytes })
    return undefined
  }
}
