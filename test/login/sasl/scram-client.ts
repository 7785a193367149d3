import { createHmac, pbkdf2Sync } from 'node:crypto'
import { digest, hmac, type ScramHash } from '../../../lib/login/passwords/scram-keys'

export interface ScramClientOptions {
  readonly user: string
  readonly password: string
  readonly hash?: ScramHash
  /** `n,,` unless told */
  readonly gs2?: string
  readonly binding?: Buffer
  /** how `c=` is written; the proof is made over it */
  readonly spellBinding?: (base64: string) => string
}

/** The client's side of RFC 5802, written from the RFC. */
export function scramClient({
  user,
  password,
  hash = 'sha256',
  gs2 = 'n,,',
  binding,
  spellBinding,
}: ScramClientOptions) {
  const nonce = 'fyko+d2lbbFgONRv9qkxdawL'
  const bare = `n=${user.replace(/=/g, '=3D').replace(/,/g, '=2C')},r=${nonce}`
  let expected = ''
  return {
    first: () => Buffer.from(`${gs2}${bare}`),
    final: (serverFirst: string): Buffer => {
      const [, r = '', s = '', i = ''] = /^r=([^,]+),s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? []
      const length = hash === 'sha256' ? 32 : 20
      const salted = pbkdf2Sync(password, Buffer.from(s, 'base64'), Number(i), length, hash)
      const clientKey = createHmac(hash, salted).update('Client Key').digest()
      const channel = Buffer.concat([Buffer.from(gs2), binding ?? Buffer.alloc(0)]).toString('base64')
      const withoutProof = `c=${spellBinding?.(channel) ?? channel},r=${r}`
      const message = `${bare},${serverFirst},${withoutProof}`
      const signature = hmac(hash, digest(hash, clientKey), message)
      const proof = Buffer.from(clientKey.map((octet, at) => octet ^ (signature[at] ?? 0)))
      const serverKey = createHmac(hash, salted).update('Server Key').digest()
      expected = `v=${hmac(hash, serverKey, message).toString('base64')}`
      return Buffer.from(`${withoutProof},p=${proof.toString('base64')}`)
    },
    isServer: (final: Buffer | undefined): boolean => final?.toString() === expected,
  }
}
