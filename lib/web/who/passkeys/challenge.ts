import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * What an authenticator signs: when it was made, and a MAC that only this server's processes can make. Whoever asks for one
 * is a stranger, so nothing is remembered of it; that each opens once is remembered of those that opened
 * (second-factor.ts, `spending`).
 */

/** milliseconds: as long as a browser waits for its user */
export const CHALLENGE_LIFE = 5 * 60_000
/** clocks of several hosts */
const AHEAD = 60_000
const TIME = 6
const RANDOM = 16

/** `login`, or `register` and the account for which a passkey is made */
export type Purpose = 'login' | `register ${string}`

const macOf = (secret: Buffer, purpose: Purpose, head: Buffer): Buffer =>
  createHmac('sha256', secret).update(`passkey ${purpose}\n`).update(head).digest()

export function newChallenge(secret: Buffer, purpose: Purpose, now: number): string {
  const time = Buffer.alloc(TIME)
  time.writeUIntBE(now, 0, TIME)
  const head = Buffer.concat([time, randomBytes(RANDOM)])
  return Buffer.concat([head, macOf(secret, purpose, head)]).toString('base64url')
}

/** @returns when it was made; undefined: not by us, for something else, or too long ago */
export function challengeTime(secret: Buffer, purpose: Purpose, challenge: string, now: number): number | undefined {
  const octets = Buffer.from(challenge, 'base64url')
  const [head, mac] = [octets.subarray(0, TIME + RANDOM), octets.subarray(TIME + RANDOM)]
  const expected = macOf(secret, purpose, head)
  if (mac.length !== expected.length || !timingSafeEqual(mac, expected)) return undefined
  const made = head.readUIntBE(0, TIME)
  return made <= now + AHEAD && now - made <= CHALLENGE_LIFE ? made : undefined
}
