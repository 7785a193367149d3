import type { TellHolder } from '../locks/refusal'
import type { Identity, Login, LoginPeer } from '../login/login'
import type { Maildrop, MailRoom } from '../mailbox/mailbox'
import type { Language } from '../terms/languages'
import type { Clock, Log } from '../terms/ports'
import type { Connection } from '../transport/connection'
import type { Pop3Settings } from './settings'
import type { Text } from './texts'

export interface Pop3Ports {
  readonly room: MailRoom
  readonly login: Login
  readonly settings: Pop3Settings
  readonly tellHolder: TellHolder
  readonly tlsAvailable: () => boolean
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}

/** RFC 2449 8.1, RFC 3206, RFC 6856 5 */
type ResponseCode = 'AUTH' | 'IN-USE' | 'LOGIN-DELAY' | 'SYS/PERM' | 'SYS/TEMP' | 'UTF8'

/** RFC 1939 3: the two states in which commands are read; UPDATE is what QUIT does. */
type State =
  | { readonly name: 'authorization'; user: string | undefined }
  | {
      readonly name: 'transaction'
      readonly maildrop: Maildrop
      readonly identity: Identity
      readonly deleted: Set<number>
      /** sent whole by RETR */
      readonly retrieved: Set<number>
    }

export interface Session {
  readonly connection: Connection
  readonly ports: Pop3Ports
  state: State
  readonly peer: () => LoginPeer
  /** what the log says of it when it is over: messages that were sent whole, and that were removed */
  readonly counts: { retr: number; dele: number }
  user: string
  /** why it ends, where it is not the client that goes */
  ended: string | undefined
  tries: number
  badCommands: number
  /** the session is over once the running command returns */
  over: boolean
  /** what was agreed on (RFC 6856): UTF8, LANG */
  readonly modes: { utf8: boolean; language: Language }
  /** Sends one line, in UTF-8. */
  say(line: string): void
  /** `+OK` with a text in the client's language; @param value stands where the text has `{}` */
  ok(text: Text, value?: string | number): void
  /** `-ERR`, or `-ERR [code]` (RFC 2449 8) */
  err(text: Text, code?: ResponseCode, value?: string | number): void
  /** Next line while a command runs (AUTH); undefined: the client is gone. */
  readLine(): Promise<Buffer | 'too-long' | undefined>
}

export type Transaction = Extract<State, { name: 'transaction' }>

/** A row of the command table: facts that the dispatcher checks, and what it does. */
export type Command = {
  readonly name: string
  readonly rfc: string
  /** it takes no argument: with one it is not done */
  readonly bare?: true
  /** false: for this client there is no such command */
  known?(session: Session): boolean
} & (
  | { readonly states: 'any'; run(session: Session, args: string): Promise<void> | void }
  | {
      readonly states: 'authorization'
      run(session: Session, args: string, state: Extract<State, { name: 'authorization' }>): Promise<void> | void
    }
  | { readonly states: 'transaction'; run(session: Session, args: string, state: Transaction): Promise<void> | void }
)
