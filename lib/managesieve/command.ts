import type { Login, LoginPeer } from '../login/login'
import type { AccountMail, MailRoom } from '../mailbox/mailbox'
import type { RulesSettings } from '../sieve/settings'
import type { Log } from '../terms/ports'
import type { Connection } from '../transport/connection'
import type { ListenSettings } from '../transport/settings'
import type { Frame } from './frame'

export interface SievePorts {
  readonly room: Pick<MailRoom, 'account'>
  readonly login: Login
  readonly settings: ListenSettings
  readonly rules: RulesSettings
  readonly tlsAvailable: () => boolean
  readonly version: string
  readonly log: Log
}

/** RFC 5804 1.3 */
export type ResponseCode =
  | 'ACTIVE'
  | 'ALREADYEXISTS'
  | 'ENCRYPT-NEEDED'
  | 'NONEXISTENT'
  | 'QUOTA/MAXSCRIPTS'
  | 'QUOTA/MAXSIZE'
  | 'TRYLATER'

/** RFC 5804 2 */
type State = { readonly name: 'not-authenticated' } | { readonly name: 'authenticated'; readonly mail: AccountMail }

export interface Session {
  readonly connection: Connection
  readonly ports: SievePorts
  readonly peer: () => LoginPeer
  state: State
  /** full address of who has logged in */
  user: string
  /** why it ends, where it is not the client that goes */
  ended: string | undefined
  tries: number
  badCommands: number
  /** the session is over once the running command returns */
  over: boolean
  /** Sends a line of octets or of UTF-8 text. */
  say(...pieces: (string | Buffer)[]): void
  ok(text: string): void
  no(text: string, code?: ResponseCode): void
  bye(text: string, code?: 'TRYLATER'): void
  /** The client's next answer while AUTHENTICATE runs. */
  readFrame(): Promise<Frame>
}

/** A checked argument: a string is UTF-8 text. */
export type Argument = string | number

/** A row of the command table: facts that the dispatcher checks, and what it does. */
export type Command = {
  readonly name: string
  readonly rfc: string
  readonly args: readonly ('string' | 'number')[]
  /** the last argument may be left out */
  readonly optionalLast?: boolean
} & (
  | {
      readonly states: 'any' | 'not-authenticated'
      run(session: Session, args: readonly Argument[]): Promise<void> | void
    }
  | {
      readonly states: 'authenticated'
      run(session: Session, args: readonly Argument[], mail: AccountMail): Promise<void> | void
    }
)
