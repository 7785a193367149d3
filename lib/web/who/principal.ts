import type { Account } from '../../mailbox/vocabulary'
import type { Credential } from './sessions'

/** Who asks: checked anew with every request, so that a disabled account is out at once. */
export interface Principal {
  readonly credential: Credential
  /** who logged in */
  readonly account: Account
}
