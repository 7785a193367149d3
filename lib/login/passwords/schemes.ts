import { createHash, pbkdf2Sync, timingSafeEqual } from 'node:crypto'
import { isArgon2 } from './argon2'

/** A way in which passwords are kept. A new one is a row of SCHEMES, and a vector in test/login/passwords/schemes.test.ts. */
export interface Scheme {
  /** in braces before a value, `{SSHA}...`; the first is its own, the others are what other programs call it */
  readonly names: readonly string[]
  /** what a value begins with that has no such name before it: `$2y$...`, `{CRYPT}$2y$...` */
  readonly crypt?: RegExp
  /** Costs microseconds: it waits for no turn. What is not cheap is computed in a thread, whatever it does there. */
  readonly cheap?: true
  /** Cannot be read, or asks for hours of work, by mistake or by malice: it verifies nothing, and is not tried. */
  readonly hopeless?: (value: string) => boolean
  /** What throws verifies nothing. */
  readonly verify: (password: string, value: string) => boolean | Promise<boolean>
}

export const SCHEMES: readonly Scheme[] = [
  {
    names: ['ARGON2ID', 'ARGON2', 'ARGON2I'],
    crypt: /^\$argon2/,
    hopeless: (value) => !isArgon2(value),
    verify: async (password, value) => (await import('@node-rs/argon2')).verifySync(value, password),
  },
  {
    names: ['BLF-CRYPT', 'BCRYPT'],
    crypt: /^\$2[abxy]\$/,
    hopeless: (value) => numberIn(/^\$2.\$(\d\d)\$/, value) > 15,
    // What other programs call `$2b$`.
    verify: async (password, value) =>
      (await import('bcryptjs')).compareSync(password, value.replace(/^\$2[xy]\$/, '$2b$')),
  },
  {
    names: ['SHA-CRYPT', 'SHA512-CRYPT', 'SHA256-CRYPT'],
    crypt: /^\$[56]\$/,
    hopeless: (value) => numberIn(/^\$[56]\$rounds=(\d+)\$/, value) > 1_000_000,
    verify: async (password, value) => (await import('unixcrypt')).verify(password, value),
  },
  { names: ['PBKDF2'], verify: verifyPbkdf2 },
  { names: ['SSHA'], cheap: true, verify: salted('sha1', 20) },
  { names: ['SSHA256'], cheap: true, verify: salted('sha256', 32) },
  { names: ['SSHA512'], cheap: true, verify: salted('sha512', 64) },
  { names: ['PLAIN', 'CLEAR', 'CLEARTEXT'], cheap: true, verify: (a, b) => same(sha256(a), sha256(b)) },
]

const numberIn = (pattern: RegExp, value: string): number => Number(pattern.exec(value)?.[1] ?? 0)
const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b)
const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest()

/** Dovecot's PBKDF2: `$1$salt$rounds$hex` with SHA-1. */
function verifyPbkdf2(password: string, value: string): boolean {
  const match = /^\$1\$([^$]+)\$(\d{1,7})\$((?:[0-9a-f]{2})+)$/i.exec(value)
  if (!match) return false
  const [, salt = '', rounds, hex = ''] = match
  return same(pbkdf2Sync(password, salt, Number(rounds), hex.length / 2, 'sha1'), Buffer.from(hex, 'hex'))
}

/** Digest and salt behind each other, in base64, as LDAP writes them. */
function salted(algorithm: string, length: number): Scheme['verify'] {
  return (password, value) => {
    const octets = Buffer.from(value, 'base64')
    const digest = createHash(algorithm).update(password).update(octets.subarray(length)).digest()
    return octets.length > length && same(digest, octets.subarray(0, length))
  }
}
