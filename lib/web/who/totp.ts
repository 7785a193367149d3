import { createHash, createHmac, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import qrcode from 'qrcode-generator'

/** Time-based one-time passwords as every authenticator app makes them: SHA-1, 6 digits, 30 seconds (RFC 6238, RFC 4226). */

const STEP = 30_000
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** RFC 4648 6, without padding. */
function base32(octets: Buffer): string {
  const bits = [...octets].map((octet) => octet.toString(2).padStart(8, '0')).join('')
  return (bits.match(/.{1,5}/g) ?? []).map((five) => LETTERS[Number.parseInt(five.padEnd(5, '0'), 2)]).join('')
}
function fromBase32(text: string): Buffer {
  const bits = [...text.toUpperCase()]
    .map((letter) => LETTERS.indexOf(letter))
    .filter((value) => value >= 0)
    .map((value) => value.toString(2).padStart(5, '0'))
    .join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((eight) => Number.parseInt(eight, 2)))
}

/** RFC 4226 4: 160 bits. */
export const newTotpSecret = (): string => base32(randomBytes(20))

/** RFC 4226 5.3. */
export function totpAt(secret: string, step: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(step))
  const digest = createHmac('sha1', fromBase32(secret)).update(counter).digest()
  const at = (digest[19] ?? 0) & 0x0f
  return String((digest.readUInt32BE(at) & 0x7fff_ffff) % 1_000_000).padStart(6, '0')
}

/** RFC 4226 5.3: six digits, and digits are ASCII. Apps show them in two groups, and people type the blank. */
const codeOf = (text: string): string | undefined =>
  /^\d{6}$/.exec(text.trim().replace(/^(\d{3}) (\d{3})$/, '$1$2'))?.[0]

/**
 * RFC 6238 5.2: one step of clock drift to either side, and no code twice.
 * @param after the last step that was used
 * @returns the step of the code; undefined: wrong, or used already
 */
export function totpStep(secret: string, code: string, now: number, after = 0): number | undefined {
  const current = Math.floor(now / STEP)
  const given = Buffer.from(codeOf(code) ?? '------')
  // Used by a clock that was ahead and was set back since: it must not refuse every code until that time comes.
  const used = after > current + 1 ? 0 : after
  return [current, current - 1, current + 1].find(
    (step) => step > used && timingSafeEqual(Buffer.from(totpAt(secret, step)), given),
  )
}

/** What an authenticator app reads, as a link or a QR code. */
export const totpUri = (secret: string, account: string): string =>
  `otpauth://totp/${encodeURIComponent(`Mail:${account}`)}?secret=${secret}&issuer=Mail`

/** The link as a picture for the app's camera: a row of modules a line, `1` is dark. */
export function qrRows(uri: string): readonly string[] {
  const code = qrcode(0, 'M')
  code.addData(uri)
  code.make()
  const side = Array.from({ length: code.getModuleCount() }, (_, at) => at)
  return side.map((row) => side.map((column) => (code.isDark(row, column) ? '1' : '0')).join(''))
}

const RECOVERY_CODES = 10
const RECOVERY = /^\d{5}-?\d{5}$/

/** Kept instead of a code. What has ten digits only is guarded by the few tries that anybody has, not by its hash. */
const recoveryHash = (code: string): string => createHash('sha256').update(code.replace('-', '')).digest('base64url')

/** For the day on which the phone is lost: each opens once. Digits, because the code field has a number pad. */
export function newRecoveryCodes() {
  const five = (): string => String(randomInt(100_000)).padStart(5, '0')
  const codes = Array.from({ length: RECOVERY_CODES }, () => `${five()}-${five()}`)
  return { codes, hashes: codes.map(recoveryHash) }
}

/** @returns the hash that the code is the secret of, if it is one of these */
export const recoveryOf = (code: string, hashes: readonly string[]): string | undefined =>
  RECOVERY.test(code) ? hashes.find((hash) => hash === recoveryHash(code)) : undefined
