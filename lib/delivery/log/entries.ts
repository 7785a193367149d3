import { messageIds } from '../../mime/read/message-id'
import type { Accepted, Mail } from '../mail'
import { type Reply, UNAVAILABLE } from '../reply'

/** What became of one recipient of one message; for operators. */
export interface DeliveryEntry {
  /** milliseconds since 1970 */
  readonly at: number
  /** reverse-path; empty: the null sender */
  readonly sender: string
  /** as it was given at RCPT */
  readonly recipient: string
  readonly outcome: 'stored' | 'later' | 'refused'
  /** reply to the client, such as `452 4.2.2 mailbox is full` */
  readonly reply: string
  /** octets as they came */
  readonly size: number
  readonly messageId: string
}

/** From the first octets: a header that hides it further down is not worth a search. */
const LOOKED_AT = 16 * 1024
const LONGEST = 250

function messageIdOf(octets: readonly Buffer[]): string {
  const start = (octets[0] ?? Buffer.alloc(0)).toString('latin1', 0, LOOKED_AT)
  const header = `\r\n${start}`.split('\r\n\r\n', 1)[0] ?? ''
  const value = /\r\nmessage-id:((?:.|\r\n[ \t])*)/i.exec(header)?.[1]
  return (messageIds(value)[0] ?? '').slice(0, LONGEST)
}

const outcomeOf = ({ code }: Reply): DeliveryEntry['outcome'] =>
  code < 400 ? 'stored' : code < 500 ? 'later' : 'refused'

/** What the log of deliveries says of one message: an entry for each recipient. */
export function deliveryEntries({
  at,
  mail,
  size,
  accepted,
  replies,
}: {
  readonly at: number
  readonly mail: Mail
  readonly size: number
  readonly accepted: readonly Accepted[]
  readonly replies: readonly Reply[]
}): readonly DeliveryEntry[] {
  const common = { at, sender: mail.sender, size, messageId: messageIdOf(mail.octets) }
  return accepted.map(({ address }, index) => {
    const reply = replies[index] ?? UNAVAILABLE
    return {
      ...common,
      recipient: address,
      outcome: outcomeOf(reply),
      reply: `${reply.code} ${reply.enhanced} ${reply.text}`,
    }
  })
}
