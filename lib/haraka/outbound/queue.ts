import { asLines } from '../../mime/write/line-ends'
import { type HarakaPlugin, HOOK } from '../host'

interface OutboundTransaction {
  mail_from: object
  rcpt_to: readonly object[]
  readonly message_stream: { add_line_end(): void }
  add_data(line: Buffer): void
}
interface TransactionModule {
  createTransaction(uuid: null, cfg: unknown): OutboundTransaction
}
interface Outbound {
  send_trans_email(transaction: object, next: (code: number, text: unknown) => void): void
}

const isTransactionModule = (module: unknown): module is TransactionModule =>
  typeof module === 'object' && module !== null && 'createTransaction' in module
const isOutbound = (module: unknown): module is Outbound =>
  typeof module === 'object' && module !== null && 'send_trans_email' in module

/**
 * The one way into Haraka's outbound queue, octet by octet: its own `send_email` takes text, and would read octets as UTF-8.
 * @param sender empty: the null sender
 * Resolves when the message is in the queue; rejects when the queue does not take it.
 */
export function outboundQueue(plugin: HarakaPlugin) {
  return async (sender: string, recipients: readonly string[], message: Buffer): Promise<void> => {
    // Without an end of the last line the dot behind it would be a part of it, and the receiver waits for ever.
    const octets = asLines(message)
    const outbound: unknown = plugin.haraka_require('outbound')
    const transactions: unknown = plugin.haraka_require('transaction')
    if (!isOutbound(outbound) || !isTransactionModule(transactions)) throw new Error('Haraka has no outbound module')
    const transaction = transactions.createTransaction(
      null,
      plugin.config.get('smtp.ini', { booleans: ['+headers.add_received'] }),
    )
    // An ES module, which no `require` of TypeScript's may load on Node 20.
    const { Address } = await import('@haraka/email-address')
    transaction.mail_from = new Address(`<${sender}>`)
    transaction.rcpt_to = recipients.map((recipient) => new Address(`<${recipient}>`))
    for (let start = 0; start < octets.length; ) {
      const feed = octets.indexOf(0x0a, start)
      const end = feed < 0 ? octets.length : feed + 1
      const line = octets.subarray(start, end)
      // As if it came by SMTP: a dot at the start of a line is doubled.
      transaction.add_data(line[0] === 0x2e ? Buffer.concat([Buffer.from('.'), line]) : line)
      start = end
    }
    transaction.message_stream.add_line_end()
    await new Promise<void>((resolve, reject) =>
      outbound.send_trans_email(transaction, (code, text) =>
        code === HOOK.ok
          ? resolve()
          : reject(new Error(`the queue did not take it: ${String(text ?? 'no reason given')}`)),
      ),
    )
  }
}
