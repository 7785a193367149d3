import { cutUtf8, decodeText } from './charset'
import type { Part } from './prepared'
import { decodePart } from './transfer'

const PREVIEW_LENGTH = 200

/** Text parts in order, also inside messages inside. */
export function* textParts(part: Part): Generator<Part> {
  if (part.message) yield* textParts(part.message)
  else if (part.children.length > 0) for (const child of part.children) yield* textParts(child)
  else if (part.type === 'text') yield part
}

const charsetOf = (part: Part): string => part.params.find(([name]) => name === 'charset')?.[1] ?? ''

/** A text part's octets as text: transfer encoding and charset undone. */
export function partText(part: Part, octets: Buffer): string {
  return decodeText(decodePart(octets, part.encoding) ?? octets, charsetOf(part))
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: ' ',
  zwnj: '',
  zwj: '',
  shy: '',
  copy: '\u00a9',
  reg: '\u00ae',
  euro: '\u20ac',
  ndash: '\u2013',
  mdash: '\u2014',
  lsquo: '\u2018',
  rsquo: '\u2019',
  ldquo: '\u201c',
  rdquo: '\u201d',
  hellip: '\u2026',
  auml: '\u00e4',
  ouml: '\u00f6',
  uuml: '\u00fc',
  Auml: '\u00c4',
  Ouml: '\u00d6',
  Uuml: '\u00dc',
  szlig: '\u00df',
  eacute: '\u00e9',
  egrave: '\u00e8',
  agrave: '\u00e0',
}
const ENTITY = /&(?:#(\d{1,7})|#[xX]([0-9A-Fa-f]{1,6})|([A-Za-z]{2,10}));/g
/** Elements whose text is not shown. */
const SILENT = /^(?:script|style|head|title)\b/i
const INLINE = /^\/?(?:a|abbr|b|big|code|em|font|i|mark|s|small|span|strike|strong|sub|sup|tt|u|wbr)\b/i

const codePoint = (value: number): string =>
  value > 0 && value <= 0x10ffff && !(value >= 0xd800 && value <= 0xdfff) ? String.fromCodePoint(value) : ' '

function entity(whole: string, decimal?: string, hex?: string, name?: string): string {
  if (decimal !== undefined) return codePoint(Number(decimal))
  if (hex !== undefined) return codePoint(Number.parseInt(hex, 16))
  return ENTITIES[name ?? ''] ?? ENTITIES[(name ?? '').toLowerCase()] ?? whole
}

/** Where the text goes on after a tag or comment that starts at `open`. */
function afterMarkup(html: string, lower: () => string, open: number): number {
  if (html.startsWith('<!--', open)) {
    const close = html.indexOf('-->', open + 4)
    return close < 0 ? html.length : close + 3
  }
  const close = html.indexOf('>', open + 1)
  if (close < 0) return html.length
  const silent = SILENT.exec(html.slice(open + 1, open + 8))?.[0]
  if (silent === undefined) return close + 1
  const end = lower().indexOf(`</${silent.toLowerCase()}`, close)
  if (end < 0) return html.length
  const endClose = html.indexOf('>', end)
  return endClose < 0 ? html.length : endClose + 1
}

/** Text of HTML for previews and search, in one walk; not for showing. Tags are blanks, but inside a word those like `<b>` are nothing. */
export function htmlText(html: string): string {
  let lowered: string | undefined
  const lower = (): string => {
    // Only ASCII is lowered: offsets must stay.
    lowered ??= html.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())
    return lowered
  }
  const texts: string[] = []
  let at = 0
  while (at < html.length) {
    const open = html.indexOf('<', at)
    if (open < 0) break
    texts.push(html.slice(at, open))
    // A lone `<` is text.
    if (!/[A-Za-z/!?]/.test(html.charAt(open + 1))) {
      texts.push('<')
      at = open + 1
      continue
    }
    if (!INLINE.test(html.slice(open + 1, open + 10))) texts.push(' ')
    at = afterMarkup(html, lower, open)
  }
  texts.push(html.slice(at))
  return texts.join('').replace(ENTITY, entity)
}

/** Zero-width fillers that newsletters hide in their preview text. */
const BLANKS = /(?:[\s\0\u00ad\u200b-\u200f\u2060\ufeff]|\u034f)+/g

function shown(bytes: Buffer, part: Part, limit: number): string {
  const end = Math.min(part.bodyEnd, part.bodyStart + limit)
  const octets = bytes.subarray(part.bodyStart, end)
  const decoded = decodePart(octets, part.encoding) ?? octets
  const text = decodeText(end < part.bodyEnd ? cutUtf8(decoded) : decoded, charsetOf(part))
  return (part.subtype === 'html' ? htmlText(text) : text).replace(BLANKS, ' ').trim()
}

/** PREVIEW (RFC 8970): the first text that says something, blanks folded, at most 200 characters. */
export function previewOf(bytes: Buffer, root: Part): string {
  const parts = [...textParts(root)].filter((one) => one.disposition?.type !== 'attachment').slice(0, 20)
  const plain = parts.filter((one) => one.subtype !== 'html')
  const html = parts.filter((one) => one.subtype === 'html')
  for (const part of [...plain, ...html]) {
    // Most texts begin with what they say; some begin with much that does not show.
    for (const limit of part.subtype === 'html' ? [16_384, 131_072] : [1_024, 16_384]) {
      const text = shown(bytes, part, limit)
      const enough = text.length >= 2 * PREVIEW_LENGTH || part.bodyEnd - part.bodyStart <= limit
      if (text !== '' && (enough || limit > 16_000))
        return [...text.slice(0, 2 * PREVIEW_LENGTH)].slice(0, PREVIEW_LENGTH).join('')
    }
  }
  return ''
}
