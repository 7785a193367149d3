import MailComposer from 'nodemailer/lib/mail-composer'
import type { Notice } from '../login/notices'
import { HOOK } from './host'
import type { Host } from './lines'
import { outboundOf } from './outbound'

/** Sends notices of the login room through Haraka's own queue, which also knows local recipients. */
export function noticeSender(host: Host): (notice: Notice) => Promise<void> {
  return async (notice) => {
    try {
      const contents = await new MailComposer({ ...notice, headers: { 'Auto-Submitted': 'auto-generated' } })
        .compile()
        .build()
      const outbound = outboundOf(host.plugin)
      outbound?.send_email(notice.from, notice.to, contents.toString(), (code) => {
        if (code !== HOOK.ok) host.log.warn(`a notice to ${notice.to} was not taken by the queue`)
      })
    } catch (error) {
      host.log.error(`a notice could not be sent: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
}
