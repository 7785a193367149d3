import { isUtf8 } from 'node:buffer'
import type { Part } from '../prepared'
import { cutUtf8, decodeText } from './charset'
import { htmlText } from './html-text'
import { decodePart } from './transfer'

const PREVIEW_LENGTH = 200

/** Text parts in order, also inside messages inside. */
export function* textParts(part: Part): Generator<Part> {
  if (part.message) yield* textParts(part.message)
  else if (part.children.length > 0) for (const child of part.children) yield* textParts(child)
  else if (part.type === 'text') yield part
}

/** octets of HTML in which it may name its charset, as browsers look for it */
const HTML_HEAD = 1024
const META = /<meta\s[^>]{0,200}?charset\s*=\s*["']?([\w.:-]{1,40})/i

/** A charset that nobody declares is what HTML says of itself, if it does; the octets decide the rest. */
function charsetOf({ params, subtype }: Part, decoded: Buffer): string {
  const declared = params.find(([name]) => name === 'charset')?.[1]
  if (declared !== undefined || subtype !== 'html' || isUtf8(decoded)) return declared ?? ''
  return META.exec(decoded.toString('latin1', 0, HTML_HEAD))?.[1] ?? ''
}

/** A text part's octets as text: transfer encoding and charset undone. */
export function partText(part: Part, octets: Buffer): string {
  const decoded = decodePart(octets, part.encoding) ?? octets
  return decodeText(decoded, charsetOf(part, decoded))
}

/** Blanks and what has no width, which newsletters fill their beginning with. */
const BLANKS = /(?:[\s\0\u00ad\u200b-\u200f\u2060\ufeff]|\u034f)+/g
/** One alone joins letters (of Persian, of faces). */
const blankOf = (run: string): string => (run.length > 1 || /[\s\0\u00ad]/.test(run) ? ' ' : run)
/** Characters of text that a preview is made of, blanks and all. */
const ENOUGH = 4000

function shown(bytes: Buffer, part: Part, limit: number): string {
  const end = Math.min(part.bodyEnd, part.bodyStart + limit)
  const octets = bytes.subarray(part.bodyStart, end)
  const decoded = decodePart(octets, part.encoding) ?? octets
  const text = decodeText(end < part.bodyEnd ? cutUtf8(decoded) : decoded, charsetOf(part, decoded))
  const words = part.subtype === 'html' ? htmlText(text, { as: 'index', mostText: ENOUGH }).text : text
  return words.replace(BLANKS, blankOf).trim()
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
