import { choice, flag, list, type Of, object, optional, text, whole } from '../../../web/kernel/schema'
import { storedDocument } from './stored'

/** What a user sets of webmail, for every browser. */
export const preferences = object({
  /** the first is the one that new messages are from; none: the account's name */
  identities: list(
    object({
      name: text(200),
      address: text(320),
      /** plain text */
      signature: text(10_000),
    }),
    20,
  ),
  /** seconds in which a message can be taken back */
  undo: whole(0, 60),
  /** text with formatting */
  rich: flag(),
  /** what a message that asks for a receipt is answered with */
  receipts: choice('ask', 'never'),
  /** hours of a day as they are shown; left out: as the browser's language has them */
  clock: optional(choice('12', '24')),
})
export type Preferences = Of<typeof preferences>

const NONE: Preferences = {
  identities: [],
  undo: 5,
  rich: false,
  receipts: 'ask',
  clock: undefined,
}
export const storedPreferences = storedDocument('preferences', preferences, NONE)
