import type { TellHolder } from '../locks/refusal'
import type { Identity, Login, LoginPeer } from '../login/login'
import type { Maildrop, MailRoom } from '../mailbox/mailbox'
import type { Log } from '../terms/ports'
import type { Connection } from '../transport/connection'
import type { Pop3Settings } from './settings'

export interface Pop3Ports {
  readonly room: MailRoom
  readonly login: Login
  readonly settings: Pop3Settings
  readonly tellHolder: TellHolder
  readonly tlsAvailable: () => boolean
  readonly version: string
  readonly log: Log
}

/** RFC 1939 3: the two states in which commands are read; UPDATE is what QUIT does. */
export type State =
  | { readonly name: 'authorization'; user: string | undefined }
  | {
      readonly name: 'transaction'
      readonly maildrop: Maildrop
      readonly identity: Identity
      readonly deleted: Set<number>
      readonly seen: Set<number>
    }

export interface Session {
  readonly connection: Connection
  readonly ports: Pop3Ports
  state: State
  readonly peer: () => LoginPeer
  tries: number
  badCommands: number
  /** the session is over once the running command returns */
  over: boolean
  /** Sends one line. */
  say(line: string): void
  /** Next line while a command runs (AUTH); undefined: the client is gone. */
  readLine(): Promise<Buffer | 'too-long' | undefined>
}

export type Transaction = Extract<State, { name: 'transaction' }>

/** A row of the command table: facts that the dispatcher checks, and what it does. */
export type Command = {
  readonly name: string
  readonly rfc: string
} & (
  | { readonly states: 'any'; run(session: Session, args: string): Promise<void> | void }
  | {
      readonly states: 'authorization'
      run(session: Session, args: string, state: Extract<State, { name: 'authorization' }>): Promise<void> | void
    }
  | { readonly states: 'transaction'; run(session: Session, args: string, state: Transaction): Promise<void> | void }
)
