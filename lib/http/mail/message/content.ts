import { flag, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { person } from '../person'

/** Characters of text that a page shows of a message; what is cut is a file as well. */
export const MOST_TEXT = 1024 * 1024

const file = object({
  part: text(),
  name: text(),
  type: text(),
  size: whole(),
  /** a message that can be opened by itself */
  message: flag(),
})

/** What a page shows of a message. */
export const content = {
  subject: text(),
  from: list(person),
  replyTo: list(person),
  to: list(person),
  cc: list(person),
  bcc: list(person),
  sentAt: optional(whole()),
  messageId: text(),
  references: list(text()),
  size: whole(),
  /** all of it as text, for answers and for whoever shows no HTML */
  text: text(MOST_TEXT),
  hasHtml: flag(),
  /** what is shown, in order */
  bodies: list(
    object({
      part: text(),
      type: text(),
      text: text(MOST_TEXT),
      /** there is more text than that */
      cut: flag(),
      /** of HTML: what a browser makes of it, and whether that is more than it does at once */
      elements: optional(whole()),
      depth: optional(whole()),
      heavy: optional(flag()),
    }),
  ),
  /** pictures that the HTML shows by their Content-ID */
  pictures: list(object({ id: text(), part: text(), name: text(), type: text(), size: whole() })),
  /** everything that is not shown */
  attachments: list(file),
}
