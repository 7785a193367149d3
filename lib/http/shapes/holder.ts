import { choice, optional, text, whole } from '../../web/kernel/schema'

/** Who is in a mailbox, as lists show it. */
export const holderShape = {
  id: text(200),
  protocol: text(20),
  access: choice('exclusive', 'shared'),
  address: text(64),
  client: optional(text()),
  since: whole(),
  activeAt: whole(),
}
