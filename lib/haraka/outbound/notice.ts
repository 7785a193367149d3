import addressparser from 'nodemailer/lib/addressparser'
import { addressOf, ownMail } from '../../delivery/own-mail/own-mail'
import type { Notice } from '../../login/notices'
import { textOf } from '../../terms/errors'
import { systemClock } from '../../terms/ports'
import type { Host } from '../plugin'
import { outboundQueue } from './queue'

/** Sends notices of the login room through Haraka's own queue, which also knows local recipients. */
export function noticeSender({ plugin, log }: Host): (notice: Notice) => Promise<void> {
  const queue = outboundQueue(plugin)
  return async ({ from, to, subject, text }) => {
    try {
      const [sender] = addressparser(from, { flatten: true })
      const recipients = addressparser(to, { flatten: true }).map(({ address }) => address)
      const mailbox = { name: sender?.name, address: addressOf(sender?.address ?? from) }
      const automatic = 'auto-generated'
      const mail = { from: mailbox, to: recipients, subject, body: { text }, automatic, now: systemClock.now() }
      // RFC 3834 3.3: an automatic mail has no address for answers of machines.
      await queue('', recipients, await ownMail(mail))
    } catch (error) {
      log.error(`a notice to ${to} could not be sent: ${textOf(error)}`)
    }
  }
}
