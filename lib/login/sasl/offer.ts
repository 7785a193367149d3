import type { LoginPeer } from '../login'

/** Types of channel binding that SCRAM -PLUS can use here, best first (RFC 9266, RFC 5929). */
export const BINDINGS = ['tls-exporter', 'tls-server-end-point'] as const

export interface OfferFacts {
  /** SCRAM keys are kept of somebody */
  readonly keys: boolean
  /** this peer may send a clear password */
  readonly cleartext: boolean
  /** somebody verifies tokens */
  readonly tokens: boolean
}

/** A mechanism is offered only when it can succeed on this connection. */
export function offered(wanted: readonly string[], peer: LoginPeer, facts: OfferFacts): readonly string[] {
  const bound = BINDINGS.some((type) => peer.channelBindings?.[type] !== undefined)
  return wanted.filter((name) => {
    if (name.startsWith('SCRAM-')) return facts.keys && (bound || !name.endsWith('-PLUS'))
    switch (name) {
      case 'EXTERNAL':
        return (peer.certificateNames ?? []).length > 0
      case 'OAUTHBEARER':
      case 'XOAUTH2':
        // RFC 7628 4: a bearer token is as good as a password, never without TLS.
        return facts.tokens && facts.cleartext
      default:
        return facts.cleartext
    }
  })
}
