/** Content-Transfer-Encoding undone (RFC 2045 6); undefined: an encoding that is not known. */
export function decodePart(bytes: Buffer, encoding: string): Buffer | undefined {
  switch (encoding.toLowerCase()) {
    case '':
    case '7bit':
    case '8bit':
    case 'binary':
      return bytes
    case 'base64':
      return decodeBase64(bytes)
    case 'quoted-printable':
      return decodeQuotedPrintable(bytes)
    case 'x-uuencode':
    case 'x-uue':
    case 'uuencode':
      return decodeUuencoded(bytes)
    default:
      return undefined
  }
}

const EQUALS = 61
const LF = 10

const NO_DIGIT = 64
/** Value of each octet; Node's decoder takes the letters of base64url for digits too. */
const DIGITS = new Uint8Array(256).fill(NO_DIGIT)
for (const [value, digit] of [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'].entries())
  DIGITS[digit.charCodeAt(0)] = value

/** Digit by digit: padding in the middle, of which there may be millions. */
function decodePieces(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(Math.ceil((bytes.length * 3) / 4))
  let size = 0
  let bits = 0
  let have = 0
  for (const octet of bytes) {
    const digit = DIGITS[octet] ?? NO_DIGIT
    if (digit === NO_DIGIT) {
      if (octet === EQUALS) have = 0
      continue
    }
    bits = ((bits << 6) | digit) & 0xffff
    have += 6
    if (have < 8) continue
    have -= 8
    out[size++] = (bits >> have) & 0xff
  }
  return out.subarray(0, size)
}

/** RFC 2045 6.8: what is no digit is passed over; padding in the middle ends a piece, the next piece goes on. */
export function decodeBase64(encoded: Buffer): Buffer {
  const padding = encoded.indexOf(EQUALS)
  const end = padding < 0 ? encoded.length : padding
  const goesOn = encoded.subarray(end).some((octet) => DIGITS[octet] !== NO_DIGIT)
  if (goesOn || encoded.includes(0x2d) || encoded.includes(0x5f)) return decodePieces(encoded)
  return Buffer.from(encoded.toString('latin1', 0, end), 'base64')
}

function hexValue(octet: number | undefined): number {
  if (octet === undefined) return -1
  if (octet >= 48 && octet <= 57) return octet - 48
  const upper = octet & 0xdf
  return upper >= 65 && upper <= 70 ? upper - 55 : -1
}

const isBlank = (octet: number | undefined): boolean => octet === 32 || octet === 9

/**
 * The line end at `at` or after blanks there, as the octet after it; -1: other text comes first. The end of the body is one: the
 * line end before a boundary belongs to the boundary.
 */
function lineEndAfter(bytes: Buffer, at: number): number {
  let end = at
  while (isBlank(bytes[end])) end++
  if (end >= bytes.length) return end
  if (bytes[end] === 13 && bytes[end + 1] === LF) return end + 2
  return bytes[end] === LF ? end + 1 : -1
}

/** RFC 2045 6.7, kind to what breaks it: a wrong `=` stands for itself. Blanks at the end of a line are not text. */
function decodeQuotedPrintable(bytes: Buffer): Buffer {
  const out = Buffer.allocUnsafe(bytes.length)
  let size = 0
  for (let at = 0; at < bytes.length; ) {
    const octet = bytes[at] ?? 0
    if (octet === EQUALS) {
      const high = hexValue(bytes[at + 1])
      const low = high < 0 ? -1 : hexValue(bytes[at + 2])
      if (low >= 0) {
        out[size++] = high * 16 + low
        at += 3
        continue
      }
      const next = lineEndAfter(bytes, at + 1)
      if (next >= 0) {
        at = next
        continue
      }
    } else if (isBlank(octet)) {
      // The whole run at once: a megabyte of blanks costs a megabyte.
      let end = at
      while (isBlank(bytes[end])) end++
      const breaks = end === bytes.length || bytes[end] === LF || (bytes[end] === 13 && bytes[end + 1] === LF)
      if (!breaks) size += bytes.copy(out, size, at, end)
      at = end
      continue
    }
    out[size++] = octet
    at++
  }
  return out.subarray(0, size)
}

/**
 * uuencode as POSIX has it, older than MIME and without an RFC: a line `begin 644 name`, lines whose first character counts their
 * octets, `end`. Without `begin` it is text as it stands.
 */
function decodeUuencoded(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1')
  const begin = /^begin [0-7]{3,4} [^\r\n]*\r?\n/m.exec(text)
  if (!begin) return bytes
  const out = Buffer.alloc(Math.ceil(((text.length - begin.index) * 3) / 4))
  let size = 0
  for (let at = begin.index + begin[0].length; at < text.length; ) {
    const lf = text.indexOf('\n', at)
    const end = lf < 0 ? text.length : lf
    const count = (text.charCodeAt(at) - 32) & 63
    if (count === 0 || text.startsWith('end', at)) break
    let digits = 0
    for (let octets = 0, next = at + 1; octets < count; next++) {
      // Blanks at the end of a line are digits that a transport took away.
      digits = (digits << 6) | (next < end ? (text.charCodeAt(next) - 32) & 63 : 0)
      const place = (next - at) % 4
      if (place === 1) continue
      out[size++] = (digits >> (place === 2 ? 4 : place === 3 ? 2 : 0)) & 0xff
      octets++
    }
    at = end + 1
  }
  return out.subarray(0, size)
}
