import { DEEDS } from '../../mailbox/deeds/deed'
import { choice, object, optional, text, whole } from '../../web/kernel/schema'

/** Who removed or moved mail, and through what. */
export const mailDeed = object({
  at: whole(),
  account: text(),
  what: choice(...DEEDS),
  mailbox: text(),
  to: text(),
  messages: whole(),
  by: object({
    protocol: text(),
    address: text(),
    client: optional(text()),
    connection: text(),
    administrator: optional(text()),
    guest: optional(text()),
  }),
})
