import type { AccountMail } from '../../mailbox/mailbox'
import { readRights } from '../../mailbox/shared/rights'
import { Refused, unwrap } from '../../web/kernel/faults'
import { list, type Of, object, text } from '../../web/kernel/schema'

/** Who may do what with whose mailboxes (docs/sharing.md), with rights as letters of RFC 4314. */
export const sharing = object({
  mailboxes: list(text()),
  entries: list(object({ mailbox: text(), identifier: text(), rights: text() })),
  others: list(object({ mailbox: text(), rights: text() })),
})

export const sharingChange = object({ mailbox: text(1000), identifier: text(300), rights: text(20) })

/** @param guest the same account's verbs, which reach those of others */
export async function sharingOf(mail: AccountMail, guest: AccountMail): Promise<Of<typeof sharing>> {
  const [mailboxes, entries, others] = await Promise.all([mail.mailboxes(), mail.rights.all(), guest.shared()])
  return {
    mailboxes: mailboxes.map(({ name }) => name),
    entries: entries.map(({ mailbox, identifier, rights }) => ({ mailbox, identifier, rights })),
    others: others.map((mailbox) => ({ mailbox: mailbox.name, rights: guest.rightsOn(mailbox) })),
  }
}

/** Empty rights take the entry out. Throws 400, 403, 404. */
export async function changeSharing(
  mail: AccountMail,
  { mailbox, identifier, rights }: Of<typeof sharingChange>,
): Promise<void> {
  const given = readRights(rights)
  if (given === undefined) throw new Refused(400, 'bad-rights', 'Rights are letters of lrswipkxtea.')
  unwrap(await mail.rights.set(mailbox, identifier.trim(), 'replace', given))
}
