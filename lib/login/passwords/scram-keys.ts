import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { saslPrepared } from './saslprep'

const derive = promisify(pbkdf2)

export type ScramHash = 'sha256' | 'sha1'

export interface ScramKeys {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** RFC 7677 4 asks for 4096 at least; the client pays, once a connection. */
const ITERATIONS = 10_000
const LENGTH = { sha256: 32, sha1: 20 } as const
const NAME = { sha256: 'SCRAM-SHA-256', sha1: 'SCRAM-SHA-1' } as const

export const hmac = (hash: ScramHash, key: Buffer, text: string): Buffer => createHmac(hash, key).update(text).digest()
export const digest = (hash: ScramHash, octets: Buffer): Buffer => createHash(hash).update(octets).digest()

const SALT = 16

/** What a client sees of keys looks as of those that we make. */
export const isUsual = ({ iterations, salt }: ScramKeys): boolean => iterations === ITERATIONS && salt.length === SALT

/** RFC 5802 3 */
export async function deriveScramKeys(
  hash: ScramHash,
  password: string,
  salt: Buffer,
  iterations: number,
): Promise<ScramKeys> {
  const salted = await derive(saslPrepared(password), salt, iterations, LENGTH[hash], hash)
  const storedKey = digest(hash, hmac(hash, salted, 'Client Key'))
  return { iterations, salt, storedKey, serverKey: hmac(hash, salted, 'Server Key') }
}

/** RFC 5803 2: `SCRAM-SHA-256$10000:salt$StoredKey:ServerKey`, base64 */
const spelled = (hash: ScramHash, { iterations, salt, storedKey, serverKey }: ScramKeys): string =>
  `${NAME[hash]}$${iterations}:${salt.toString('base64')}$${storedKey.toString('base64')}:${serverKey.toString('base64')}`

/** As they are stored. */
export const makeScramKeys = async (hash: ScramHash, password: string): Promise<string> =>
  spelled(hash, await deriveScramKeys(hash, password, randomBytes(SALT), ITERATIONS))

export function readScramKeys(text: string | undefined): ScramKeys | undefined {
  const match = /^SCRAM-SHA-(?:256|1)\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(text ?? '')
  if (!match) return undefined
  const [, iterations, salt = '', storedKey = '', serverKey = ''] = match
  return {
    iterations: Number(iterations),
    salt: Buffer.from(salt, 'base64'),
    storedKey: Buffer.from(storedKey, 'base64'),
    serverKey: Buffer.from(serverKey, 'base64'),
  }
}

/**
 * Stable for a name, so that asking twice does not show that there is no such user. As real ones are stored: they are read as those
 * are, in the same time.
 */
export const fakeScramKeys = (hash: ScramHash, secret: Buffer, user: string): string =>
  spelled(hash, {
    iterations: ITERATIONS,
    salt: hmac('sha256', secret, `scram salt ${hash} ${user}`).subarray(0, SALT),
    storedKey: hmac(hash, secret, `stored ${user}`),
    serverKey: hmac(hash, secret, `server ${user}`),
  })
