import { type Of, object, optional, text } from '../../kernel/schema'
import { challengeTime, type Purpose } from './challenge'
import type { PasskeySite } from './sites'

/** What a browser answers (Web Authentication Level 3, 5.1: `toJSON`), as much of it as counts; binary values are base64url. */

/** Credential IDs have 1023 octets at most (4 "Credential ID"). */
const credentialId = text(1364)

export const assertionShape = object({
  id: credentialId,
  clientDataJSON: text(2000),
  authenticatorData: text(2000),
  signature: text(2000),
  userHandle: optional(text(100)),
})
export type Assertion = Of<typeof assertionShape>

export const registrationShape = object({
  id: credentialId,
  clientDataJSON: text(2000),
  attestationObject: text(8000),
})
export type Registration = Of<typeof registrationShape>

/** What is kept of a passkey to know it again. */
export interface PasskeyKey {
  /** credential ID */
  readonly credential: string
  /** COSE key */
  readonly publicKey: string
  readonly rpId: string
}

/** ES256, EdDSA and RS256: what authenticators have. */
export const ALGORITHMS = [-8, -7, -257]

/** A key of which nobody has the other half, for as much work beside an unknown passkey as beside a known one. */
const NOBODYS =
  'pQECAyYgASFYINNRz2MR0W25R-0ziIbZsJ0_7tO9yshRE0ARDdgo-sudIlggWUBSFHV_oqadGiliEI3UvMBynIsgMMhGAGtPsiwjAPs'

/** Not before the first passkey: it takes a while, and few servers have any. */
const loaded = () => import('@simplewebauthn/server')

/** Of the client data (5.8.1). Nobody shows our pages in a frame. */
function challengeOf(clientDataJSON: string): string | undefined {
  const data: unknown = JSON.parse(Buffer.from(clientDataJSON, 'base64url').toString('utf8'))
  if (typeof data !== 'object' || data === null || Reflect.get(data, 'crossOrigin') === true) return undefined
  const challenge: unknown = Reflect.get(data, 'challenge')
  return typeof challenge === 'string' ? challenge : undefined
}

export interface Checked {
  readonly challenge: string
  /** when the challenge was made, milliseconds since 1970 */
  readonly made: number
  /** signature counter; 0: the authenticator has none */
  readonly counter: number
}

export function createCeremonies(sites: readonly PasskeySite[], secret: Buffer) {
  const origins = sites.map(({ origin }) => origin)

  function challengeFor(purpose: Purpose, clientDataJSON: string, now: number) {
    const challenge = challengeOf(clientDataJSON)
    const made = challenge === undefined ? undefined : challengeTime(secret, purpose, challenge, now)
    return challenge === undefined || made === undefined ? undefined : { challenge, made }
  }

  return {
    /**
     * 7.2: a passkey is shown, with its user verified.
     * @param key undefined: nobody's, for the same work
     * @returns undefined: it is not right
     */
    async checkAssertion(
      { id, userHandle, ...response }: Assertion,
      key: PasskeyKey | undefined,
      now: number,
    ): Promise<Checked | undefined> {
      const { verifyAuthenticationResponse } = await loaded()
      try {
        const given = challengeFor('login', response.clientDataJSON, now)
        const { verified, authenticationInfo } = await verifyAuthenticationResponse({
          response: { id, rawId: id, type: 'public-key', clientExtensionResults: {}, response },
          expectedChallenge: () => given !== undefined,
          expectedOrigin: origins,
          expectedRPID: key ? key.rpId : sites.map(({ rpId }) => rpId),
          // Its counter is looked at where it is kept, in one step with what follows.
          credential: {
            id,
            publicKey: new Uint8Array(Buffer.from(key?.publicKey ?? NOBODYS, 'base64url')),
            counter: 0,
          },
          requireUserVerification: true,
        })
        return key && given && verified ? { ...given, counter: authenticationInfo.newCounter } : undefined
      } catch {
        // Whatever is wrong with it: it opens nothing.
        return undefined
      }
    },

    /**
     * 7.1: a new passkey. What its maker attests is asked by nobody and not looked at, and certificates least of all: checking
     * them would fetch what they name.
     * @returns undefined: it is not right
     */
    async checkRegistration(
      { id, clientDataJSON, attestationObject }: Registration,
      { account, site, now }: { account: string; site: PasskeySite; now: number },
    ): Promise<(PasskeyKey & { readonly counter: number }) | undefined> {
      const { verifyRegistrationResponse } = await loaded()
      const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
      try {
        const attestation = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
        const isSelf = attestation.get('fmt') === 'packed' && attestation.get('attStmt').get('x5c') === undefined
        if (attestation.get('fmt') !== 'none' && !isSelf) return undefined
        const given = challengeFor(`register ${account}`, clientDataJSON, now)
        const { verified, registrationInfo } = await verifyRegistrationResponse({
          response: {
            ...{ id, rawId: id, type: 'public-key', clientExtensionResults: {} },
            response: { clientDataJSON, attestationObject },
          },
          expectedChallenge: () => given !== undefined,
          expectedOrigin: site.origin,
          expectedRPID: site.rpId,
          requireUserVerification: true,
          supportedAlgorithmIDs: ALGORITHMS,
        })
        if (!verified) return undefined
        const { publicKey, counter, id: credential } = registrationInfo.credential
        return { credential, publicKey: Buffer.from(publicKey).toString('base64url'), rpId: site.rpId, counter }
      } catch {
        return undefined
      }
    },
  }
}
