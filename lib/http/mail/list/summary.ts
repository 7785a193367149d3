import type { MessageRow } from '../../../mailbox/vocabulary'
import { hasFiles } from '../../../mime/read/bodies'
import { flag, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { readEnvelope } from '../message/envelope'
import { person } from '../person'

/** One line of a message list. */
export const summary = object({
  mailbox: text(64),
  uid: whole(1),
  id: text(64),
  thread: text(64),
  from: list(person),
  to: list(person),
  subject: text(),
  /** milliseconds since 1970: when it came in */
  date: whole(),
  size: whole(),
  flags: list(text()),
  attachments: flag(),
  preview: text(),
  /** of the whole conversation, when the list is by conversations */
  conversation: optional(object({ uids: list(whole(1)), unread: whole() })),
})

const FEW = 5

/** @param mailbox its id */
export function summaryOf(row: MessageRow, mailbox: string) {
  const { subject, from, to } = readEnvelope(row.prepared.envelope, FEW)
  return {
    mailbox,
    uid: row.uid,
    id: row.emailId,
    thread: row.threadId,
    from: from.slice(0, FEW),
    to: to.slice(0, FEW),
    subject,
    date: row.internalDate,
    size: row.size,
    flags: row.flags.names,
    attachments: hasFiles(row.prepared.structure),
    preview: row.prepared.preview,
  }
}
