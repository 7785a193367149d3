import type { LoginPeer } from './login'

/** What our directories said about a credential. */
export type VerifyOutcome =
  | 'right'
  | 'wrong'
  | 'unknown'
  | 'disabled'
  | 'protocol'
  | 'app-password-needed'
  | 'unavailable'

/** One attempt as the hook chain sees it. Nothing secret is a property: hook parameters are logged. */
export interface ChainRequest {
  readonly peer: LoginPeer
  readonly user: string
  readonly mechanism: string
  /** the clear password; empty for SCRAM, tokens and certificates */
  password(): string
  /** Asks our own directories, once; the same answer every time. Never rejects. */
  verify(): Promise<VerifyOutcome>
}

/** Anything but a clean OK is a failure. `account`: full address that a third-party plugin let in. */
export type ChainAnswer =
  | { readonly kind: 'accepted'; readonly account?: string }
  | { readonly kind: 'refused' }
  /** temporary: a plugin said DENYSOFT, or did not answer in time */
  | { readonly kind: 'unavailable' }

/** Runs an attempt by everybody who wants a say. Never rejects. */
export type Chain = (request: ChainRequest) => Promise<ChainAnswer>

/** Without Haraka only our directories are asked. */
export const directoryChain: Chain = async (request) => {
  const outcome = await request.verify()
  if (outcome === 'right') return { kind: 'accepted' }
  return { kind: outcome === 'unavailable' ? 'unavailable' : 'refused' }
}
