import { randomUUID } from 'node:crypto'
import type { NewVerifiers } from '../directory'
import { hashArgon2 } from './argon2'
import { saslPrepared } from './saslprep'
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
