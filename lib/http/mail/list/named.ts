import type { AccountMail } from '../../../mailbox/mailbox'
import type { Mailbox } from '../../../mailbox/vocabulary'
import { fold } from '../../../terms/casemap'
import type { SpecialUse } from '../../../terms/special-use'

const ROLES: Readonly<Record<string, SpecialUse>> = {
  sent: '\\Sent',
  drafts: '\\Drafts',
  trash: '\\Trash',
  archive: '\\Archive',
  junk: '\\Junk',
  spam: '\\Junk',
}

/** As people name them: by the whole name, by its last part, or by what it is for. */
export async function mailboxNamed(mail: AccountMail, typed: string): Promise<Mailbox | undefined> {
  const folded = fold(typed)
  const all = await mail.mailboxes()
  const use = ROLES[typed.toLowerCase()]
  return (
    all.find(({ name }) => name === typed) ??
    all.find(({ name }) => fold(name) === folded) ??
    all.find(({ specialUse }) => use !== undefined && specialUse.includes(use)) ??
    all.find(({ name }) => fold(name.slice(name.lastIndexOf('/') + 1)) === folded)
  )
}
