import { ownMail, postmasterAt } from '../../delivery/own-mail/own-mail'
import { textOf } from '../../terms/errors'
import { systemClock } from '../../terms/ports'
import { hostNameOf } from '../../wiring/home'
import type { Host } from '../plugin'
import { outboundQueue } from './queue'

/** What could not be delivered, for its sender. */
export interface Failed {
  /** reverse-path */
  readonly sender: string
  /** a line for each recipient */
  readonly failures: readonly string[]
  /** the message */
  readonly octets: Buffer
}

/** Mail to a sender about recipients that could not be served, with a null sender so that it cannot loop (RFC 5321 6.1). */
export function bouncer({ plugin, log }: Host): (failed: Failed) => void {
  const queue = outboundQueue(plugin)
  async function send({ sender, failures, octets }: Failed): Promise<void> {
    const mail = await ownMail({
      from: { ...postmasterAt(hostNameOf(plugin.config)), name: 'Mail Delivery System' },
      to: [sender],
      subject: 'Your message could not be delivered to everyone',
      body: { text: `Your message was delivered, but not to these recipients:\n\n${failures.join('\n')}\n` },
      // RFC 3834 5: an answer to a message
      automatic: 'auto-replied',
      now: systemClock.now(),
      answers: octets,
    })
    await queue('', [sender], mail)
  }
  return (failed) => {
    send(failed).catch((error) => log.error(`a sender could not be told about a failed delivery: ${textOf(error)}`))
  }
}
