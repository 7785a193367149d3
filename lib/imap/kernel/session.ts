import type { Lease } from '../../locks/locks'
import type { TellHolder } from '../../locks/refusal'
import type { Login, LoginPeer } from '../../login/login'
import type { AccountMail, MailRoom, Update, View } from '../../mailbox/mailbox'
import type { FlagSet } from '../../terms/flags'
import type { Uid } from '../../terms/numbers'
import type { Clock, Log } from '../../terms/ports'
import type { Connection } from '../../transport/connection'
import type { ImapSettings } from '../settings'
import type { Reply } from './faults'
import type { Slots } from './slots'

export interface ImapPorts {
  readonly room: MailRoom
  readonly login: Login
  readonly settings: ImapSettings
  readonly tellHolder: TellHolder
  readonly tlsAvailable: () => boolean
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

/** RFC 9051 3: state is data, and a command gets exactly the states that it declares. */
export type State =
  | { readonly name: 'not-authenticated' }
  | { readonly name: 'authenticated'; readonly mail: AccountMail }
  | Selected
  | { readonly name: 'logout' }

export interface Selected {
  readonly name: 'selected'
  readonly mail: AccountMail
  readonly view: View
  readonly readOnly: boolean
  /** RFC 5182: `$`, ascending */
  saved: readonly Uid[]
}

/** What crosses every command. */
export interface Modes {
  /** RFC 7162: MODSEQ in every FETCH */
  condstore: boolean
  /** RFC 6855 / RFC 9051: names and strings in UTF-8 */
  utf8: boolean
  /** RFC 9051: no \Recent */
  rev2: boolean
  /** RFC 7162 3.2.3: VANISHED in place of EXPUNGE */
  qresync: boolean
  compressed: boolean
}

export interface Session {
  readonly connection: Connection
  readonly ports: ImapPorts
  readonly slots: Slots
  readonly modes: Modes
  state: State
  lease: Lease | undefined
  tries: number
  badCommands: number
  /** what the client called itself (ID) */
  client: string | undefined
  peer(): LoginPeer
  /** One line, latin1 octets, without CRLF. */
  say(line: string): void
  /** Untagged responses of what changed. */
  tell(updates: readonly Update[], withUid: boolean): void
  capabilities(): string
  /** RFC 7162 3.1: the client has shown that it knows mod-sequences; the first time, it hears the highest one of its mailbox. */
  enableCondstore(): void
  /** Takes the shared lock unless this session has it; a reply when it is refused. */
  enter(mail: AccountMail): Promise<Reply | undefined>
  /** RFC 9051 7.1.5: a word before the connection ends, while a command runs or between them. */
  bye(text: string): Promise<void>
  /** FLAGS and PERMANENTFLAGS of the selected mailbox, which has these keywords (RFC 9051 7.3.5, 7.1). */
  sayFlags(keywords: readonly string[]): void
  /** Says FLAGS again when there are keywords among these that the client has not heard of. */
  learn(flags: FlagSet): void
  /** Leaves the selected state. */
  close(): void
  /** Next line while a command runs (AUTHENTICATE, IDLE); undefined: the client is gone. */
  readLine(): Promise<Buffer | 'too-long' | undefined>
}
