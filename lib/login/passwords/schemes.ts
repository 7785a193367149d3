import { createHash, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import * as argon2 from '@node-rs/argon2'
import { verifyInThread } from './hash-threads'

const derive = promisify(pbkdf2)

/** OWASP's first choice for argon2id: 19 MiB, 2 passes, 1 lane. */
const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const

export const hashArgon2 = async (password: string): Promise<string> => `{ARGON2ID}${await argon2.hash(password, COST)}`

/** For app passwords only: those are random and long, so that a slow hash would protect nothing. */
export function hashAppPassword(password: string): string {
  const salt = randomBytes(16)
  const digest = createHash('sha512').update(password).update(salt).digest()
  return `{SSHA512}${Buffer.concat([digest, salt]).toString('base64')}`
}

interface Verifier {
  readonly scheme: string
  readonly value: string
}

/** Scheme and value of `{SCHEME}value`, also of a bare crypt string (`$2y$`, `$6$`, `$argon2id$`). */
function split(verifier: string): Verifier {
  const match = /^\{([A-Za-z0-9._-]+)\}(.*)$/s.exec(verifier)
  const [scheme, value] = match ? [(match[1] ?? '').toUpperCase(), match[2] ?? ''] : ['CRYPT', verifier]
  return scheme === 'CRYPT' ? { scheme: cryptScheme(value), value } : { scheme: ALIASES[scheme] ?? scheme, value }
}

const ALIASES: Readonly<Record<string, string>> = {
  ARGON2: 'ARGON2ID',
  ARGON2I: 'ARGON2ID',
  BCRYPT: 'BLF-CRYPT',
  CLEAR: 'PLAIN',
  CLEARTEXT: 'PLAIN',
  'SHA512-CRYPT': 'SHA-CRYPT',
  'SHA256-CRYPT': 'SHA-CRYPT',
}

function cryptScheme(value: string): string {
  if (value.startsWith('$argon2')) return 'ARGON2ID'
  if (/^\$2[abxy]\$/.test(value)) return 'BLF-CRYPT'
  return /^\$[56]\$/.test(value) ? 'SHA-CRYPT' : 'UNKNOWN'
}

const KNOWN = ['ARGON2ID', 'BLF-CRYPT', 'SHA-CRYPT', 'PBKDF2', 'SSHA', 'SSHA256', 'SSHA512', 'PLAIN']
const CHEAP = ['SSHA', 'SSHA256', 'SSHA512', 'PLAIN']

/** `false`: nobody can log in with it (MD5-CRYPT, DES and other schemes of the past). */
export const isSupported = (verifier: string): boolean => KNOWN.includes(split(verifier).scheme)

/** Costs microseconds, so that it waits for no turn. */
export const isCheap = (verifier: string): boolean => {
  const { scheme } = split(verifier)
  return CHEAP.includes(scheme) || !KNOWN.includes(scheme)
}

/** A verifier as we make them: checking it is the work that every other attempt is made equal to. */
export function isDefault(verifier: string): boolean {
  const { scheme, value } = split(verifier)
  return scheme === 'ARGON2ID' && isArgon2(value) && !needsRehash(verifier)
}

const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Dovecot's PBKDF2: `$1$salt$rounds$hex` with SHA-1. */
async function verifyPbkdf2(password: string, value: string): Promise<boolean> {
  const match = /^\$1\$([^$]+)\$(\d{1,7})\$((?:[0-9a-f]{2})+)$/i.exec(value)
  if (!match) return false
  const [, salt = '', rounds, hex = ''] = match
  return same(await derive(password, salt, Number(rounds), hex.length / 2, 'sha1'), Buffer.from(hex, 'hex'))
}

/** Digest and salt behind each other, in base64, as LDAP writes them. */
function verifySalted(password: string, value: string, algorithm: string, length: number): boolean {
  const octets = Buffer.from(value, 'base64')
  const digest = createHash(algorithm).update(password).update(octets.subarray(length)).digest()
  return octets.length > length && same(digest, octets.subarray(0, length))
}

/** A verifier that cannot be read verifies nothing. Rejects only when the work itself could not be done. */
export async function verifyPassword(password: string, verifier: string): Promise<boolean> {
  const { scheme, value } = split(verifier)
  switch (scheme) {
    case 'ARGON2ID':
      return isArgon2(value) && (await verifyInThread(password, value))
    case 'BLF-CRYPT':
    case 'SHA-CRYPT':
      return await verifyInThread(password, value)
    case 'PBKDF2':
      return await verifyPbkdf2(password, value)
    case 'SSHA':
      return verifySalted(password, value, 'sha1', 20)
    case 'SSHA256':
      return verifySalted(password, value, 'sha256', 32)
    case 'SSHA512':
      return verifySalted(password, value, 'sha512', 64)
    case 'PLAIN':
      return same(sha256(password), sha256(value))
    default:
      return false
  }
}

function isArgon2(value: string): boolean {
  try {
    return argon2.parseOptions(value).memoryCost > 0
  } catch {
    return false
  }
}

/** Another scheme than the default, or the default with a lower cost. */
export function needsRehash(verifier: string): boolean {
  const { scheme, value } = split(verifier)
  if (scheme !== 'ARGON2ID') return isSupported(verifier)
  try {
    const { memoryCost, timeCost } = argon2.parseOptions(value)
    return !value.startsWith('$argon2id$') || memoryCost < COST.memoryCost || timeCost < COST.timeCost
  } catch {
    return false
  }
}
