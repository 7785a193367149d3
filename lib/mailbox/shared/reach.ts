import type { Mailbox } from '../../store/store'
import { failed, type Result } from '../../terms/fault'
import type { AccountMail, View } from '../mailbox'
import type { Did } from '../parts'
import type { OwnMail } from '../verbs/account-mail'
import type { Place } from './places'
import type { Rights } from './rights'

/** A mailbox of another account, and the verbs of that account: they know no rights, which are asked here. */
export interface Room extends Place {
  readonly mail: OwnMail
  /** in the log of its owner, by this user */
  readonly did: Did
}

/** What the verbs of a guest share. */
export interface Reach {
  readonly own: AccountMail
  /** Faults: no-such-mailbox, no-right. undefined: it is no name of a mailbox of others */
  room(nameUtf8: string, right: Rights): Promise<Result<Room> | undefined>
  /** whether the user may make a mailbox of others of this name */
  mayCreate(nameUtf8: string): Promise<boolean>
  /** the verbs that have opened it */
  mailOf(view: View): AccountMail
  opened(view: View, room: Room): void
  /** as they are now */
  rightsOn(of: Pick<View, 'account' | 'mailbox'>): Promise<Rights>
  /** into the log of its owner */
  didOf(view: View): Did
  /** as this user names it */
  renamed(room: Room, mailbox: Mailbox, subscribed?: boolean): Mailbox
}

/** What nobody may know of is not there; else it says what is lacking (RFC 4314 6, RFC 5530 3). */
export const lacking = (rights: Rights): Result<never> =>
  failed(rights.includes('l') ? { kind: 'no-right' } : { kind: 'no-such-mailbox' })
