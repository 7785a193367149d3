import { type Address, HOOK } from './host'
import type { Host } from './lines'
import { outboundOf } from './outbound'

/** Mail to a sender about recipients that could not be served, with a null sender so that it cannot loop (RFC 5321 6.1). */
export function bouncer({ plugin, log }: Host): (sender: Pick<Address, 'format'>, failures: string) => void {
  return (sender, failures) => {
    const outbound = outboundOf(plugin)
    if (!outbound) return log.error('no outbound module: a sender could not be told about a failed delivery')
    const contents = [
      `To: ${sender.format()}`,
      'From: Mail Delivery System <>',
      'Subject: Your message could not be delivered to everyone',
      'Auto-Submitted: auto-replied',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Your message was delivered, but not to these recipients:',
      '',
      failures,
      '',
    ].join('\r\n')
    outbound.send_email('<>', sender.format(), contents, (code) => {
      if (code !== HOOK.ok) log.error('a sender could not be told about a failed delivery')
    })
  }
}
