import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/** A passkey of a test's own: ES256, and whatever else the test wants to be wrong (Web Authentication Level 3, 6.1). */
export function createAuthenticator({ rpId, origin }: { rpId: string; origin: string }) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' })
  const id = randomBytes(16)
  const hash = (data: Buffer | string): Buffer => createHash('sha256').update(data).digest()
  const USER_PRESENT = 1
  const USER_VERIFIED = 4
  const ATTESTED = 0x40

  const clientData = (type: string, challenge: string, at = origin): Buffer =>
    Buffer.from(JSON.stringify({ type, challenge, origin: at, crossOrigin: false }))
  function head(rp: string, flags: number, counter: number): Buffer {
    const octets = Buffer.alloc(5)
    octets.writeUInt8(flags, 0)
    octets.writeUInt32BE(counter, 1)
    return Buffer.concat([hash(rp), octets])
  }

  return {
    id: id.toString('base64url'),
    make(challenge: string, { at, attestation = 'a0', format = '646e6f6e65' }: Wrong = {}) {
      const length = Buffer.from([0, id.length])
      const key = Buffer.concat([
        Buffer.from('a5010203262001215820', 'hex'),
        Buffer.from(x, 'base64url'),
        Buffer.from('225820', 'hex'),
        Buffer.from(y, 'base64url'),
      ])
      const data = Buffer.concat([
        head(rpId, USER_PRESENT | USER_VERIFIED | ATTESTED, 0),
        Buffer.alloc(16),
        length,
        id,
        key,
      ])
      // CBOR: { fmt: "none", attStmt: {}, authData: octets }
      const attestationObject = Buffer.concat([
        Buffer.from(`a363666d74${format}6761747453746d74${attestation}68617574684461746158`, 'hex'),
        Buffer.from([data.length]),
        data,
      ])
      return {
        id: id.toString('base64url'),
        clientDataJSON: clientData('webauthn.create', challenge, at).toString('base64url'),
        attestationObject: attestationObject.toString('base64url'),
      }
    },
    show(challenge: string, handle: string, { at, rp = rpId, verified = true, counter = 0 }: Wrong = {}) {
      const data = head(rp, USER_PRESENT | (verified ? USER_VERIFIED : 0), counter)
      const client = clientData('webauthn.get', challenge, at)
      return {
        id: id.toString('base64url'),
        clientDataJSON: client.toString('base64url'),
        authenticatorData: data.toString('base64url'),
        signature: sign('sha256', Buffer.concat([data, hash(client)]), privateKey).toString('base64url'),
        userHandle: Buffer.from(handle).toString('base64url'),
      }
    },
  }
}

interface Wrong {
  readonly at?: string
  readonly rp?: string
  readonly verified?: boolean
  readonly counter?: number
  /** CBOR in hexadecimal */
  readonly attestation?: string
  readonly format?: string
}
