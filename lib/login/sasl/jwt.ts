import { readFile } from 'node:fs/promises'
import type { OAuthSettings } from '../settings'
import type { VerifyToken } from './ports'

/** Tokens that are signed JWT (RFC 7519, RFC 9068), by the keys at a URL (fetched and kept by jose) or in a file. */
export function jwtVerifier(settings: OAuthSettings): VerifyToken {
  // jose is an ES module: it comes with the first token.
  let keys: ReturnType<typeof loadKeys> | undefined

  async function loadKeys() {
    const jose = await import('jose')
    if (/^https?:/.test(settings.jwks)) return jose.createRemoteJWKSet(new URL(settings.jwks))
    return jose.createLocalJWKSet(JSON.parse(await readFile(settings.jwks, 'utf8')))
  }

  return async (token) => {
    const { errors, jwtVerify } = await import('jose')
    keys ??= loadKeys()
    try {
      const { payload } = await jwtVerify(token, await keys, {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: [...settings.algorithms],
        requiredClaims: ['exp', settings.claim],
      })
      const account = payload[settings.claim]
      if (payload.email_verified === false || typeof account !== 'string') return undefined
      return account
    } catch (error) {
      const unreachable = error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)
      if (!unreachable) return undefined
      keys = undefined
      throw error
    }
  }
}
