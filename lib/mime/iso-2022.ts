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
const WRONG = '\ufffd'

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

/** @param run octets of the set, 0x21 to 0x7E or the same moved up */
function decodeRun({ charset, octets, prefix }: GraphicSet, run: Buffer): string {
  const whole = run.length - (run.length % octets)
  const rest = whole < run.length ? WRONG : ''
  if (charset === '') return WRONG.repeat(whole / octets) + rest
  const width = octets + (prefix === undefined ? 0 : 1)
  const moved = Buffer.allocUnsafe((whole / octets) * width)
  for (let from = 0, to = 0; from < whole; from++) {
    if (prefix !== undefined && from % octets === 0) moved[to++] = prefix
    moved[to++] = (run[from] ?? 0) | 0x80
  }
  return iconv.decode(moved, charset) + rest
}

/** Octets that say nothing of sets: ASCII, and raw 8-bit, which in Japanese mail is half-width katakana (cp50221). */
function decodeAscii(run: Buffer, raw: string): string {
  return run.every((octet) => octet < 0x80) ? run.toString('latin1') : iconv.decode(run, raw)
}

const isGraphic = (octet: number | undefined): boolean =>
  octet !== undefined && (octet & 0x7f) > 0x20 && (octet & 0x7f) < 0x7f

/** @param raw the charset of octets above 127 outside of shifted text */
export function decodeIso2022(bytes: Buffer, raw: string): string {
  let g0: GraphicSet | undefined
  // RFC 1557 designates once, at the start; Microsoft's cp50222 shifts out to katakana without a word.
  let g1: GraphicSet = raw === 'cp949' ? KS_X_1001 : KATAKANA
  let g2: string | undefined
  let shifted = false
  let text = ''
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
      text += iconv.decode(Buffer.of(single | 0x80), g2)
      at += 3
      return
    }
    text += WRONG
    at++
  }

  while (at < bytes.length) {
    const octet = bytes[at]
    if (octet === ESC) {
      designate()
      continue
    }
    if (octet === SHIFT_OUT || octet === SHIFT_IN) {
      shifted = octet === SHIFT_OUT
      at++
      continue
    }
    const set = shifted ? g1 : g0
    const start = at
    if (set && isGraphic(octet)) {
      while (isGraphic(bytes[at])) at++
      text += decodeRun(set, bytes.subarray(start, at))
      continue
    }
    // Blanks and line ends are themselves in every set.
    do {
      // RFC 1557 and RFC 1554: a line end undoes SHIFT OUT and G2.
      if (bytes[at] === LF) {
        shifted = false
        g2 = undefined
      }
      at++
    } while (
      at < bytes.length &&
      bytes[at] !== ESC &&
      bytes[at] !== SHIFT_OUT &&
      bytes[at] !== SHIFT_IN &&
      !((shifted ? g1 : g0) && isGraphic(bytes[at]))
    )
    text += decodeAscii(bytes.subarray(start, at), raw)
  }
  return text
}

/** RFC 1843: `~{` to GB 2312, `~}` back, `~~` a tilde, `~` at the end of a line joins lines; a line end is ASCII again. */
export function decodeHz(bytes: Buffer): string {
  let text = ''
  let inGb = false
  for (let at = 0; at < bytes.length; ) {
    const start = at
    if (bytes[at] === TILDE) {
      const next = bytes[at + 1]
      at += 2
      if (next === 0x7b) inGb = true
      else if (next === 0x7d) inGb = false
      else if (next === TILDE) text += '~'
      else if (next === 13 && bytes[at] === LF) at++
      else if (next !== LF) {
        // What is no sequence is text.
        text += '~'
        at--
      }
      continue
    }
    if (bytes[at] === LF) inGb = false
    if (inGb && isGraphic(bytes[at])) {
      // A tilde is no first octet of GB 2312 and ends the run; it may be a second one.
      while (isGraphic(bytes[at]) && !((at - start) % 2 === 0 && bytes[at] === TILDE)) at++
      text += decodeRun(GB_2312, bytes.subarray(start, at))
      continue
    }
    at++
    while (at < bytes.length && bytes[at] !== TILDE && bytes[at] !== LF && !(inGb && isGraphic(bytes[at]))) at++
    text += decodeAscii(bytes.subarray(start, at), 'gb18030')
  }
  return text
}
