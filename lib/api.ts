/**
 * The types of `server.notes.mailbox`, for plugins of other packages (docs/api.md):
 * `const mailbox: MailboxNotes = server.notes.mailbox`.
 */

export type { Delivery } from './delivery/delivery'
export type { MailboxContext as MailboxNotes } from './haraka/context'
export type { Holder, Lease, LockRequest, Locks } from './locks/locks'
export type { Identity, Login, LoginAnswer, LoginPeer } from './login/login'
export type { AccountMail, Hub, MailRoom, View } from './mailbox/mailbox'
export type { Account, AccountPatch, NewAccount } from './store/account'
export type { StoreDriver, StorePlace } from './store/driver'
export type { Mailbox, MessageRow, Store } from './store/store'
export type { Fault, Result } from './terms/fault'
