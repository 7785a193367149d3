import { randomInt, randomUUID } from 'node:crypto'
import type { NewVerifiers } from '../directory'
import { saslPrepared } from './saslprep'
import { hashAppPassword, hashArgon2 } from './schemes'
import { makeScramKeys } from './scram-keys'

/** Everything that is kept of a new password: argon2id, and SCRAM keys that cannot be made later. */
export async function hashPassword(password: string): Promise<NewVerifiers> {
  const [argon, sha256, sha1] = await Promise.all([
    hashArgon2(saslPrepared(password)),
    makeScramKeys('sha256', password),
    makeScramKeys('sha1', password),
  ])
  return { password: argon, scram: { 'SCRAM-SHA-256': sha256, 'SCRAM-SHA-1': sha1 } }
}

/** A password that was changed, set or reset: everything that the old one opened ends with it. */
export const setPassword = async (password: string) => ({ ...(await hashPassword(password)), epoch: randomUUID() })

const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

/** A password for one program: 20 letters (100 bits) in groups that can be typed, and the verifier that is kept of it. */
export function newAppPassword(): { readonly password: string; readonly verifier: string } {
  const letters = Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)])
  const password = [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-')
  return { password, verifier: hashAppPassword(password) }
}
