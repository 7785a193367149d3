import iconv from 'iconv-lite'

/**
 * Charsets that shift between sets with 7-bit octets: ISO-2022-JP (RFC 1468) with -1, -2 (RFC 1554), -3 and Microsoft's cp5022x,
 * ISO-2022-KR (RFC 1557), ISO-2022-CN (RFC 1922) and HZ (RFC 1843). A run of one set, moved up by 128, is text of an EUC
 * charset, which the library has. What a broken sender left out (the way back to ASCII, half a character, a designation twice or
 * none) costs the character where it is, not what follows.
 */

const ESC = 0x1b
const SHIFT_OUT = 0x0e
const SHIFT_IN = 0x0f
const LF = 10
const TILDE = 0x7e

/** A set of one or two octets a character: the charset that has it in its upper half, and what comes before each character there. */
interface GraphicSet {
  readonly charset: string
  readonly octets: 1 | 2
  readonly prefix?: number
}

/** EUC-JP has half-width katakana behind 8E, JIS X 0212 behind 8F. */
const KATAKANA: GraphicSet = { charset: 'euc-jp', octets: 1, prefix: 0x8e }
const JIS_X_0208: GraphicSet = { charset: 'euc-jp', octets: 2 }
const JIS_X_0212: GraphicSet = { charset: 'euc-jp', octets: 2, prefix: 0x8f }
const GB_2312: GraphicSet = { charset: 'gb18030', octets: 2 }
const KS_X_1001: GraphicSet = { charset: 'cp949', octets: 2 }
/** a set that no library has, such as CNS 11643: its characters are shown as such */
const NO_SET: GraphicSet = { charset: '', octets: 2 }

type Ascii = undefined
/** `ESC (` or `ESC $` and so on, to G0; undefined: ASCII, or a national ASCII. */
const TO_G0: ReadonlyMap<string, GraphicSet | Ascii> = new Map<string, GraphicSet | Ascii>([
  ['(B', undefined],
  ['(J', undefined],
  ['(H', undefined],
  ['(I', KATAKANA],
  ['$@', JIS_X_0208],
  ['$B', JIS_X_0208],
  ['$(@', JIS_X_0208],
  ['$(B', JIS_X_0208],
  ['$(O', JIS_X_0208],
  ['$(Q', JIS_X_0208],
  ['$(P', NO_SET],
  ['$(D', JIS_X_0212],
  ['$A', GB_2312],
  ['$(A', GB_2312],
  ['$(C', KS_X_1001],
])
/** to G1, which SHIFT OUT chooses */
const TO_G1: ReadonlyMap<string, GraphicSet> = new Map([
  ['$)C', KS_X_1001],
  ['$)A', GB_2312],
  ['$)G', NO_SET],
  ['$)E', NO_SET],
])
/** to G2, one character of which follows `ESC N` (RFC 1554) */
const TO_G2: ReadonlyMap<string, string> = new Map([
  ['.A', 'iso-8859-1'],
  ['.F', 'iso-8859-7'],
])

/** 255 is no octet of any of the charsets. */
const INVALID = 0xff
const isGraphic = (octet: number): boolean => (octet & 0x7f) > 0x20 && (octet & 0x7f) < 0x7f

/**
 * Text in pieces of one charset after another. ASCII is in all of them, so that only a change from one to another costs a call: mail
 * shifts at every word.
 */
function createText(bytes: number) {
  const pending = Buffer.allocUnsafe(Math.min(2 * bytes + 8, 64 * 1024))
  let size = 0
  let charset = 'euc-jp'
  let text = ''
  function flush(): void {
    if (size > 0) text += iconv.decode(pending.subarray(0, size), charset)
    size = 0
  }
  return {
    /** an octet that all charsets have, or none */
    plain(octet: number): void {
      if (size + 3 > pending.length) flush()
      pending[size++] = octet
    },
    /** Octets of the set, each with or without its eighth bit; `second` is missing where the character is cut. */
    character(set: GraphicSet, first: number, second?: number): void {
      if (size + 3 > pending.length || (set.charset !== charset && set.charset !== '')) flush()
      if (set.charset === '' || (set.octets === 2 && second === undefined)) {
        pending[size++] = INVALID
        return
      }
      charset = set.charset
      if (set.prefix !== undefined) pending[size++] = set.prefix
      pending[size++] = first | 0x80
      if (second !== undefined) pending[size++] = second | 0x80
    },
    string(decoded: string): void {
      flush()
      text += decoded
    },
    end(): string {
      flush()
      return text
    },
  }
}

/** Which language's shifts: they differ in what SHIFT OUT and raw octets above 127 mean where nothing says so. */
export type Shifts = 'jp' | 'kr' | 'cn'
/** RFC 1557 designates once, at the start; Microsoft's cp50222 shifts out to katakana, and cp50221 has it raw. */
const RAW: Readonly<Record<Shifts, GraphicSet>> = { jp: KATAKANA, kr: KS_X_1001, cn: GB_2312 }

export function decodeIso2022(bytes: Buffer, shifts: Shifts): string {
  const text = createText(bytes.length)
  const raw = RAW[shifts]
  let g0: GraphicSet | undefined
  let g1 = raw
  let g2: string | undefined
  let shifted = false
  let at = 0

  /** A designation or single shift behind ESC. */
  function designate(): void {
    const ahead = bytes.toString('latin1', at + 1, at + 4)
    for (let length = 3; length >= 2; length--) {
      const sequence = ahead.slice(0, length)
      const forG1 = TO_G1.get(sequence)
      const forG2 = TO_G2.get(sequence)
      if (TO_G0.has(sequence)) g0 = TO_G0.get(sequence)
      else if (forG1) g1 = forG1
      else if (forG2) g2 = forG2
      else continue
      at += 1 + length
      return
    }
    const single = bytes[at + 2]
    if (ahead.startsWith('N') && g2 !== undefined && single !== undefined && isGraphic(single)) {
      text.string(iconv.decode(Buffer.of(single | 0x80), g2))
      at += 3
      return
    }
    text.plain(INVALID)
    at++
  }

  while (at < bytes.length) {
    const octet = bytes[at] ?? 0
    if (octet === ESC) {
      designate()
      continue
    }
    at++
    if (octet === SHIFT_OUT || octet === SHIFT_IN) {
      shifted = octet === SHIFT_OUT
      continue
    }
    // RFC 1557 and RFC 1554: a line end undoes SHIFT OUT and G2.
    if (octet === LF) {
      shifted = false
      g2 = undefined
    }
    const chosen = shifted ? g1 : g0
    const set = chosen ?? (octet > 0x7f ? raw : undefined)
    if (set === undefined || !isGraphic(octet)) {
      // Blanks and line ends are themselves in every set.
      text.plain(octet > 0x7f ? INVALID : octet)
      continue
    }
    const next = bytes[at]
    const pairs = set.octets === 2 && next !== undefined && isGraphic(next)
    text.character(set, octet, pairs ? next : undefined)
    if (pairs) at++
  }
  return text.end()
}

/** RFC 1843: `~{` to GB 2312, `~}` back, `~~` a tilde, `~` at the end of a line joins lines; a line end is ASCII again. */
export function decodeHz(bytes: Buffer): string {
  const text = createText(bytes.length)
  let inGb = false
  for (let at = 0; at < bytes.length; ) {
    const octet = bytes[at++] ?? 0
    const next = bytes[at]
    if (octet === TILDE) {
      at++
      if (next === 0x7b) inGb = true
      else if (next === 0x7d) inGb = false
      else if (next === TILDE) text.plain(TILDE)
      else if (next === 13 && bytes[at] === LF) at++
      else if (next !== LF) {
        // What is no sequence is text.
        text.plain(TILDE)
        at--
      }
      continue
    }
    if (octet === LF) inGb = false
    if ((!inGb && octet < 0x80) || !isGraphic(octet)) {
      text.plain(octet < 0x80 ? octet : INVALID)
      continue
    }
    const pairs = next !== undefined && isGraphic(next)
    text.character(GB_2312, octet, pairs ? next : undefined)
    if (pairs) at++
  }
  return text.end()
}
