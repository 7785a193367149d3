import type { Mailbox, Store } from '../../store/store'
import type { AccountId, MailboxId } from '../../terms/names'
import { spellMailbox } from '../mailbox-name'

type Mailboxes = Pick<Store, 'mailboxes'>

/**
 * Which mailbox a session means: here, and nowhere else, a name or an id that a client gave becomes a mailbox. Every verb asks
 * here first, so this is where rights and the mailboxes of other owners belong.
 */
export const mailboxNamed = ({ mailboxes }: Mailboxes, account: AccountId, nameUtf8: string) =>
  mailboxes.find(account, spellMailbox(nameUtf8))

export const mailboxOfId = (
  { mailboxes }: Mailboxes,
  account: AccountId,
  id: MailboxId,
): Promise<Mailbox | undefined> => mailboxes.get(account, id)
