import { createHash, randomBytes, randomInt } from 'node:crypto'
import { networkList } from '../networks'

/** More are refused: what is kept of an account is read with every login at its name. */
export const MOST_APP_PASSWORDS = 50

const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Needs neither salt nor a slow hash: nobody guesses 100 random bits. */
const tagOf = (password: string): string =>
  createHash('sha256').update(`app password ${password}`).digest('base64url').slice(0, 16)

/** Of a random, long password, where a slow hash would protect nothing. */
export function hashAppPassword(password: string): string {
  const salt = randomBytes(16)
  const digest = createHash('sha512').update(password).update(salt).digest()
  return `{SSHA512}${Buffer.concat([digest, salt]).toString('base64')}`
}

/** A password for one program: 20 letters (100 bits) in groups that can be typed, the verifier that is kept of it, and its tag. */
export function newAppPassword(): { readonly password: string; readonly verifier: string; readonly tag: string } {
  const letters = Array.from({ length: 20 }, () => LETTERS[randomInt(LETTERS.length)])
  const password = [0, 5, 10, 15].map((at) => letters.slice(at, at + 5).join('')).join('-')
  return { password, verifier: hashAppPassword(password), tag: tagOf(password) }
}

/** Who shows a password, and when. */
export interface Shown {
  readonly protocol: string
  readonly address: string
  /** milliseconds since 1970 */
  readonly at: number
}

/** What an app password is limited to. */
interface Limits {
  readonly protocols: readonly string[]
  readonly networks?: readonly string[]
  readonly expiresAt?: number
}

/** Whether an app password opens here and now. */
export function opensHere({ protocols, networks = [], expiresAt }: Limits, { protocol, address, at }: Shown): boolean {
  if (protocols.length > 0 && !protocols.includes(protocol)) return false
  if (expiresAt !== undefined && expiresAt <= at) return false
  return networks.length === 0 || networkList(networks)(address)
}

/**
 * Those of an account that a typed password may be: the one with its tag. A guess costs one digest, however many there are;
 * of those that were made before there were tags, as many are looked at as an account may have.
 */
export function appPasswordsFor<A extends { readonly tag?: string }>(all: readonly A[], typed: string): readonly A[] {
  const wanted = tagOf(typed)
  const untagged = all.filter(({ tag }) => tag === undefined).slice(-MOST_APP_PASSWORDS)
  return [...all.filter(({ tag }) => tag === wanted).slice(0, 1), ...untagged]
}
