import type { TellHolder } from '../../locks/refusal'
import type { Login, LoginPeer } from '../../login/login'
import type { AccountMail, MailRoom } from '../../mailbox/mailbox'
import type { Mailbox } from '../../mailbox/vocabulary'
import type { FlagSet } from '../../terms/flags'
import type { Clock, Log } from '../../terms/ports'
import type { Connection } from '../../transport/connection'
import type { ImapSettings } from '../settings'
import type { Leases } from './leases'
import type { Reply } from './reply'
import type { Modes, Selected, State } from './state'
import type { Unsolicited } from './unsolicited'

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

/** One connection and what it is at. */
export interface Session {
  readonly connection: Connection
  readonly ports: ImapPorts
  readonly modes: Modes
  /** what nobody asked for: said behind a command, and while IDLE waits */
  readonly unsolicited: Unsolicited
  state: State
  readonly leases: Leases
  tries: number
  badCommands: number
  /** what the client called itself (ID) */
  client: string | undefined
  /** full address of who has logged in */
  user: string
  /** what the log says of it when it is over: messages, and octets of FETCH */
  readonly counts: Record<'appended' | 'expunged' | 'moved' | 'copied' | 'fetched', number>
  /** why it ends, where it is not the client that goes */
  ended: string | undefined
  /** a response was begun and more of it is to come: nothing else may be written */
  inResponse: boolean
  /** what is to be said when that response is whole: the server stops */
  parting: string | undefined
  peer(): LoginPeer
  /** One response, latin1 octets, without CRLF. */
  say(response: string): void
  /** `* OK [CODE] text`, in the client's language */
  sayOk(code: string, text: string): void
  /** A text for people in the client's language, as latin1 octets. */
  inLanguage(text: string): string
  /** names for CAPABILITY in the state now */
  capabilities(): string
  /** RFC 7162 3.1: the client has shown that it knows mod-sequences; the first time, it hears the highest one of its mailbox. */
  enableCondstore(): void
  /**
   * Takes the shared lock unless this session has it; a reply when it is refused.
   * @param of a mailbox or its name, where it may be one of another account: then it is that account's
   */
  enter(mail: AccountMail, of?: string | Mailbox): Promise<Reply | undefined>
  /** Waits until there is memory for so many octets, which the command has until it is answered. False: the client is gone. */
  makeRoom(octets: number): Promise<boolean>
  /** RFC 9051 7.1.5: a word before the connection ends, while a command runs or between them. */
  bye(text: string): Promise<void>
  /** RFC 9051 5.4: the connection ends after so many milliseconds without a word of the client. */
  idleAfter(milliseconds: number): void
  /** FLAGS and PERMANENTFLAGS of the selected mailbox, which has these keywords (RFC 9051 7.3.5, 7.1). */
  sayFlags(keywords: readonly string[]): void
  /** Says FLAGS again when there are keywords among these that the client has not heard of. */
  learn(flags: FlagSet): void
  /** Enters the selected state. */
  select(selected: Selected): void
  /** Leaves the selected state. */
  close(): void
  /** Called once, when the login is over: UNAUTHENTICATE, LOGOUT, the end of the connection. */
  untilLogout(stop: () => void): void
  /** RFC 8437 3: everything that the login began is over, and its line is in the log; the next command may log in. */
  unauthenticate(): Promise<void>
  /** No more commands are read. */
  logout(): void
  /** Gives back the lock, and writes the line of the session into the log. */
  finish(): Promise<void>
  /** Next line while a command runs (AUTHENTICATE, IDLE); undefined: the client is gone. */
  readLine(): Promise<Buffer | 'too-long' | undefined>
}
