import { createHash, randomBytes } from 'node:crypto'
import { failed, type Result } from '../../../terms/fault'
import type { Credential, NewCredential, SecondFactorState } from '../sessions'

/** What is the same in every driver: how a secret is made, and what of it is kept. */

export const FRESH: SecondFactorState = { step: 0, failures: 0, barredUntil: 0 }

export const tooMany = (most: number, { kind }: NewCredential): Result<never> =>
  failed({ kind: 'limit', why: `an account has at most ${most} ${kind}s` })

/** 256 random bits need no slow hash: nobody guesses them. */
export const keyOf = (secret: string): string => createHash('sha256').update(secret).digest('base64url')
/** Enough to be unique, too little to be the key. */
const idOf = (key: string): string => key.slice(0, 16)

export function newSecret(given: NewCredential) {
  const secret = randomBytes(32).toString('base64url')
  const key = keyOf(secret)
  const credential: Credential = { ...given, id: idOf(key), csrf: randomBytes(18).toString('base64url') }
  return { secret, key, credential }
}
