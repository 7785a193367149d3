import type { LoginAnswer, LoginPeer, SaslExchange } from '../login'
import type { SaslPorts, TokenSource, VerifyToken } from './ports'
import { metadataAddress } from './resource'

interface Bearer {
  readonly user: string
  readonly token: string
}

/**
 * RFC 7628 3.1 `n,a=user@example.org,^Ahost=...^Aport=...^Aauth=Bearer token^A^A`; XOAUTH2 is the same with `user=...^A`
 * instead of the GS2 header.
 */
export function parseBearer(text: string, mechanism: 'OAUTHBEARER' | 'XOAUTH2'): Bearer | undefined {
  if (!text.endsWith('\x01\x01')) return undefined
  const fields = text.slice(0, -2).split('\x01')
  const value = (name: string): string | undefined =>
    fields.find((field) => field.startsWith(`${name}=`))?.slice(name.length + 1)
  const token = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i.exec(value('auth') ?? '')?.[1]
  const header = /^n,(?:a=([^,]*))?,$/.exec(fields[0] ?? '')
  if (token === undefined || (mechanism === 'OAUTHBEARER' && !header)) return undefined
  const user = mechanism === 'XOAUTH2' ? value('user') : header?.[1]?.replace(/=2C/g, ',').replace(/=3D/g, '=')
  return { user: user ?? '', token }
}

/**
 * RFC 7628 3.2.2 and the same of Google's and Microsoft's documents: the reason comes as a challenge, and the client must answer it
 * before it hears the failure. Where a token is to be had is the same for every name, and so tells nothing of any.
 */
function refusal(mechanism: 'OAUTHBEARER' | 'XOAUTH2', { configuration, scope, resource }: TokenSource): string {
  if (mechanism === 'XOAUTH2') return '{"status":"401","schemes":"bearer"}'
  return JSON.stringify({
    status: 'invalid_token',
    ...(scope !== '' && { scope }),
    ...(configuration !== '' && { 'openid-configuration': configuration }),
    // As WWW-Authenticate names it over HTTP (RFC 9728 5.1).
    ...(resource !== '' && { resource_metadata: metadataAddress(resource) }),
  })
}

export function bearerExchange(
  peer: LoginPeer,
  { admit, tokenSource }: SaslPorts,
  verifyToken: VerifyToken,
  mechanism: 'OAUTHBEARER' | 'XOAUTH2',
): SaslExchange {
  let failed: LoginAnswer | undefined

  async function attempt(text: string): Promise<LoginAnswer> {
    const bearer = parseBearer(text, mechanism)
    let account: string | undefined
    try {
      account = bearer && (await verifyToken(bearer.token))
    } catch {
      return { kind: 'unavailable', why: 'token' }
    }
    const user = bearer?.user || (account ?? '')
    return admit(peer, {
      user,
      mechanism,
      password: '',
      distinct: bearer?.token ?? '',
      // The token decides who comes in; a name beside it may only repeat it.
      check: async (entry) => ({ right: entry !== undefined && account?.toLowerCase() === entry.name }),
    })
  }

  return {
    step: async (response) => {
      if (failed) return { kind: 'done', answer: failed }
      if (response === undefined) return { kind: 'challenge', octets: Buffer.alloc(0) }
      const answer = await attempt(response.toString('utf8'))
      if (answer.kind !== 'invalid') return { kind: 'done', answer }
      failed = answer
      return { kind: 'challenge', octets: Buffer.from(refusal(mechanism, tokenSource)) }
    },
  }
}
