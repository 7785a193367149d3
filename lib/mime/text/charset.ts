import { isUtf8 } from 'node:buffer'
import iconv from 'iconv-lite'
import { decodeHz, decodeIso2022, type Shifts } from './iso-2022'

/** Octets to text. A wrong sequence becomes U+FFFD where it stands; the rest of the text stays what its charset says. */
type Decode = (bytes: Buffer) => string

/** Names under which mail declares nothing: RFC 1428 has unknown-8bit; us-ascii says nothing about octets above 127. */
const UNDECLARED =
  /^(?:us-?ascii|ascii|ansi_x3\.4-19(?:68|86)|iso-?ir-6|iso_?646(?:\.irv|-us)?(?::1991)?|cp-?367|ibm367|x-?unknown|unknown(?:-?8bit)?|x-user-defined|default|none|[78]-?bit|)$/
const UTF_8 = /^(?:x-)?(?:unicode-1-1-|unicode-2-0-)?utf[-_ ]?8(?:n|-mac|mb[34])?$/
/** RFC 2152 and the names that Outlook and IANA give it. */
const UTF_7 = /^(?:x-)?(?:unicode-[12]-[01]-|cs)?(?:unicode11)?utf[-_]?7$/
const ISO_2022 = /^(?:x-|cs)?iso-?2022-?(jp|kr|cn)(?:[-_.a-z0-9]*)$/
const CP_5022 = /^(?:x-)?(?:cp|windows-|ms)?(5022[0-2]|50225)$/
const HZ = /^(?:x-)?hz(?:-gb-?2312)?$/

/** What clients take for the charset that was declared (WHATWG Encoding): supersets of what the name promises. */
const SUPERSETS: readonly (readonly [RegExp, string])[] = [
  [/^(?:x-)?(?:iso[-_]?8859[-_]?1|iso[-_]?ir[-_]?100|latin-?1|l1|cp-?819|ibm819)(?::1987)?$/, 'windows-1252'],
  [/^(?:iso[-_]?8859[-_]?9|latin-?5|l5)(?::1989)?$/, 'windows-1254'],
  [/^(?:iso[-_]?8859[-_]?11|tis-?620)$/, 'windows-874'],
  // RFC 1555: -i and -e say how the text is laid out.
  [/^(?:iso[-_]?8859[-_]?8|hebrew)[-_]?[ie]$/, 'iso-8859-8'],
  [/^iso[-_]?8859[-_]?6[-_]?[ie]$/, 'iso-8859-6'],
  [
    /^(?:x-|cs)?(?:gb[-_]?2312(?:[-_]80)?|gbk|euc-?cn|cn-?gb|chinese|cp-?936|ms-?936|windows-936|iso[-_]?ir[-_]?58)$/,
    'gb18030',
  ],
  [
    /^(?:x-|cs)?(?:ks[-_]?c[-_]?5601(?:[-_]19(?:87|89))?|ksc[-_]?5601|euc-?kr|korean|uhc|cp-?949|ms-?949|windows-949|iso[-_]?ir[-_]?149)$/,
    'cp949',
  ],
  [/^(?:x-|cs|cn-)?(?:big-?5(?:[-_]?(?:hkscs|eten))?|cp-?950|ms-?950|windows-950)$/, 'big5-hkscs'],
  [/^(?:x-|cs)?(?:s(?:hift)?[-_]?jis|ms[-_]?kanji|cp-?932|ms-?932|windows-(?:932|31j))$/, 'cp932'],
  [
    /^(?:x-|cs)?(?:euc-?jp(?:-ms|-win)?|cp-?51932|eucpkdfmtjapanese|extended_unix_code_packed_format_for_japanese)$/,
    'euc-jp',
  ],
  [/^(?:x-)?(?:cp|win|windows)[-_]?(125[0-8])$/, 'windows-$1'],
  [/^(?:x-|cs)?mac(?:intosh|-?roman)?$/, 'macintosh'],
  [/^x-mac-(?:ce|centraleurroman)$/, 'maccenteuro'],
]
/** Charsets whose characters have several octets and no state: an encoder may have cut one in two. */
const MULTI_OCTET = new Set(['utf-8', 'gb18030', 'cp949', 'big5-hkscs', 'cp932', 'euc-jp'])

/** iconv-lite also has transfer encodings under such names; they are no charsets. */
const NOT_CHARSETS = /^(?:base64|hex|binary|ucs2|internal|_.*)$/
const isCharset = (name: string): boolean =>
  /^[a-z0-9][\w.:+()-]*$/.test(name) && !NOT_CHARSETS.test(name) && iconv.encodingExists(name)

const MARK = '\ufeff'
const utf8: Decode = (bytes) => {
  const text = bytes.toString('utf8')
  return text.startsWith(MARK) ? text.slice(1) : text
}

/** How many characters of several octets a UTF-8 text has, and how many sequences are wrong. */
function tally(text: string): { right: number; wrong: number } {
  let right = 0
  let wrong = 0
  for (const run of text.matchAll(/[^\x00-\x7f]+/g)) {
    for (const character of run[0]) character === '\ufffd' ? wrong++ : right++
  }
  return { right, wrong }
}

/**
 * Octets of which nobody says what they are: UTF-8 when they fit, also when some few do not (a cut text, one octet of a
 * footer); Japanese when they shift to it; else Windows-1252, a superset of latin1.
 */
const guessed: Decode = (bytes) => {
  if (bytes.includes('\x1b$')) return decodeIso2022(bytes, 'jp')
  const text = utf8(bytes)
  if (isUtf8(bytes)) return text
  const { right, wrong } = tally(text)
  return right > wrong ? text : iconv.decode(bytes, 'windows-1252')
}

/** What iconv-lite does not know, Node sometimes does. */
function byNode(name: string): Decode | undefined {
  try {
    const decoder = new TextDecoder(name)
    return (bytes) => decoder.decode(bytes)
  } catch {
    return undefined
  }
}

interface Charset {
  /** one for all names of the same */
  readonly name: string
  readonly decode: Decode
  /** characters of several octets without state, which an encoder may have cut in two; `guessed`: nobody knows */
  readonly multiOctet: boolean | 'guessed'
}

function iso2022Of(name: string): Decode | undefined {
  const language = ISO_2022.exec(name)?.[1] ?? (CP_5022.test(name) ? (name.endsWith('50225') ? 'kr' : 'jp') : undefined)
  if (language === undefined) return undefined
  const shifts: Shifts = language === 'kr' || language === 'cn' ? language : 'jp'
  return (bytes) => decodeIso2022(bytes, shifts)
}

function find(name: string): Charset | undefined {
  if (UTF_8.test(name)) return { name: 'utf-8', decode: utf8, multiOctet: true }
  if (UTF_7.test(name)) return { name: 'utf-7', decode: (bytes) => iconv.decode(bytes, 'utf-7'), multiOctet: false }
  if (HZ.test(name)) return { name: 'hz', decode: decodeHz, multiOctet: false }
  const shifting = iso2022Of(name)
  if (shifting) return { name, decode: shifting, multiOctet: false }
  const superset = SUPERSETS.find(([names]) => names.test(name))
  const known = superset ? name.replace(superset[0], superset[1]) : name
  if (isCharset(known))
    return { name: known, decode: (bytes) => iconv.decode(bytes, known), multiOctet: MULTI_OCTET.has(known) }
  const decode = /^[\w.:+()-]+$/.test(known) ? byNode(known) : undefined
  return decode && { name: known, decode, multiOctet: false }
}

/** Names that were asked for, of which mail has few; a stranger's inventions are not kept. */
const kept = new Map<string, Charset>()
const MOST_KEPT = 100
const UNKNOWN: Charset = { name: '', decode: guessed, multiOctet: 'guessed' }

function charsetOf(label: string): Charset {
  const already = kept.get(label)
  if (already) return already
  const name = label
    .slice(0, 60)
    .trim()
    .replace(/^['"]+|['"]+$/g, '')
    .toLowerCase()
  const charset = UNDECLARED.test(name) ? UNKNOWN : find(name)
  if (charset && kept.size < MOST_KEPT && label.length <= 60) kept.set(label, charset)
  return charset ?? UNKNOWN
}

/** Octets to text; never throws. */
export function decodeText(bytes: Buffer, charset: string): string {
  const { decode } = charsetOf(charset)
  try {
    return decode(bytes)
  } catch {
    return guessed(bytes)
  }
}

/** Two names of one charset, such as utf-8 and UTF8. */
export const isSameCharset = (one: string, other: string): boolean =>
  one === other || charsetOf(one).name === charsetOf(other).name

/** Whether an encoder that counts octets may have cut a character of this charset in two. */
export const hasLongCharacters = (charset: string): Charset['multiOctet'] => charsetOf(charset).multiOctet

/** Whether SEARCH, SORT and THREAD take this charset (RFC 9051 6.4.4, BADCHARSET). */
export const knownCharset = (name: string): boolean =>
  name.length <= 60 && (/^(?:us-)?ascii$/i.test(name) || find(name.toLowerCase()) !== undefined)

/** Octets that were cut off somewhere, without the half character at their end. */
export function cutUtf8(bytes: Buffer): Buffer {
  for (let back = 1; back <= Math.min(4, bytes.length); back++) {
    const octet = bytes[bytes.length - back] ?? 0
    if (octet < 0x80) return bytes
    if (octet < 0xc0) continue
    const length = octet >= 0xf0 ? 4 : octet >= 0xe0 ? 3 : 2
    return back < length ? bytes.subarray(0, bytes.length - back) : bytes
  }
  return bytes
}

/** Header text (latin1 octets) that may hold raw 8-bit (RFC 6532 or none), or shift to Japanese without saying so. */
export const rawText = (latin1: string): string =>
  /[\x80-\xff\x1b]/.test(latin1) ? guessed(Buffer.from(latin1, 'latin1')) : latin1
