import addressparser from 'nodemailer/lib/addressparser'
import { addressOf, ownMail, postmasterAt } from '../../delivery/own-mail/own-mail'
import type { Notice } from '../../login/notices'
import { textOf } from '../../terms/errors'
import { systemClock } from '../../terms/ports'
import { hostNameOf } from '../../wiring/home'
import type { Notifier } from '../../wiring/login'
import type { Host } from '../plugin'
import { outboundQueue } from './queue'

/** Sends notices of the login room through Haraka's own queue, which also knows local recipients. */
export function createNotifier({ plugin, log }: Pick<Host, 'plugin' | 'log'>): Notifier {
  const queue = outboundQueue(plugin)

  async function send({ from, to, subject, text }: Notice): Promise<void> {
    const [sender] = addressparser(from, { flatten: true })
    const recipients = addressparser(to, { flatten: true }).map(({ address }) => address)
    const mail = await ownMail({
      from: { name: sender?.name, address: addressOf(sender?.address ?? from) },
      to: recipients,
      subject,
      body: { text },
      automatic: 'auto-generated',
      now: systemClock.now(),
    })
    // RFC 3834 3.3: an automatic mail has no address for answers of machines.
    await queue('', recipients, mail)
  }
  return {
    from: postmasterAt(hostNameOf(plugin.config)).address,
    send: (notice) =>
      send(notice).catch((error) => log.error(`a notice to ${notice.to} could not be sent: ${textOf(error)}`)),
  }
}
