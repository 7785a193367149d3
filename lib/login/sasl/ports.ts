import type { Limiter } from '../../processes/limiter'
import type { Random } from '../../terms/ports'
import type { Credential } from '../admission/credential'
import type { Directory } from '../directory'
import type { LoginAnswer, LoginPeer } from '../login'

/** @returns the account that the token is good for; undefined: it is not good. Rejects when nobody can tell now. */
export type VerifyToken = (token: string) => Promise<string | undefined>

/** Where a client gets a token (RFC 7628 3.2.2); empty: it is not told. */
export interface TokenSource {
  /** address of the OpenID configuration of who makes them */
  readonly configuration: string
  readonly scope: string
  /** this service, as OAuth knows it */
  readonly resource: string
}

/** What the mechanisms work with. */
export interface SaslPorts {
  readonly secret: Buffer
  readonly random: Random | undefined
  /** the spelling by which directories find a name; empty: nobody can have it */
  nameOf(user: string): string
  /** for SCRAM: where keys are kept */
  readonly lookup: Directory['lookup']
  readonly limited: Limiter
  readonly verifyToken: VerifyToken | undefined
  readonly tokenSource: TokenSource
  admit(peer: LoginPeer, credential: Credential): Promise<LoginAnswer>
  byPassword(peer: LoginPeer, user: string, password: string, mechanism: string): Promise<LoginAnswer>
  offers(peer: LoginPeer, mechanism: string): boolean
}
