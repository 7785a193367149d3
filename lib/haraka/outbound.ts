import type { Address, HarakaPlugin } from './host'

interface Outbound {
  send_email(
    from: string,
    to: string | Address | readonly string[],
    contents: string,
    next: (code: number, text: unknown) => void,
  ): void
  send_trans_email(transaction: object, next: (code: number, text: unknown) => void): void
}

const isOutbound = (found: unknown): found is Outbound =>
  typeof found === 'object' && found !== null && 'send_email' in found

/** Haraka's outbound queue. */
export function outboundOf(plugin: HarakaPlugin): Outbound | undefined {
  const found: unknown = plugin.haraka_require('outbound')
  return isOutbound(found) ? found : undefined
}
