import { decodeText, decodeWords } from './charset'

/** `value; name=value; name="value"` of Content-Type and Content-Disposition (RFC 2045 5.1), latin1. */
export interface Parameters {
  /** what stands before the first `;`, trimmed */
  readonly value: string
  /** as they stand: names in lower case with RFC 2231 marks, values without quotes */
  readonly raw: readonly (readonly [string, string])[]
}

const LIMIT = 200

function skipBlanks(text: string, from: number): number {
  let at = from
  for (;;) {
    while (at < text.length && /\s/.test(text.charAt(at))) at++
    if (text[at] !== '(') return at
    let depth = 0
    for (; at < text.length; at++) {
      const c = text[at]
      if (c === '\\') at++
      else if (c === '(') depth++
      else if (c === ')' && --depth === 0) break
    }
    at++
  }
}

function quotedString(text: string, from: number): { value: string; end: number } {
  let value = ''
  let at = from + 1
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    value += text[at]
  }
  return { value, end: at + 1 }
}

/** `us-ascii (comment)`: what stands in RFC 2045 5.1; `report (1).pdf` without quotes is wrong and kept. */
function withoutComment(value: string): string {
  const open = value.endsWith(')') ? value.lastIndexOf('(') : -1
  return open > 0 && /\s/.test(value.charAt(open - 1)) ? value.slice(0, open).trimEnd() : value
}

export function parseParameters(text: string): Parameters {
  const semicolon = text.indexOf(';')
  const head = semicolon < 0 ? text : text.slice(0, semicolon)
  const raw: (readonly [string, string])[] = []
  let at = semicolon < 0 ? text.length : semicolon + 1
  while (at < text.length && raw.length < LIMIT) {
    at = skipBlanks(text, at)
    const name = /^[^\s=;()<>@,:"\\/[\]?]+/.exec(text.slice(at, at + 256))?.[0]
    if (name === undefined) {
      const next = text.indexOf(';', at)
      if (next < 0) break
      at = next + 1
      continue
    }
    at = skipBlanks(text, at + name.length)
    if (text[at] === '=') {
      at = skipBlanks(text, at + 1)
      if (text[at] === '"') {
        const { value, end } = quotedString(text, at)
        raw.push([name.toLowerCase(), value])
        at = end
      } else {
        const stop = text.indexOf(';', at)
        const value = text.slice(at, stop < 0 ? text.length : stop)
        raw.push([name.toLowerCase(), withoutComment(value.trim())])
        at = stop < 0 ? text.length : stop
      }
    }
    const next = text.indexOf(';', at)
    if (next < 0) break
    at = next + 1
  }
  return { value: head.replace(/\([^()]*\)/g, '').trim(), raw }
}

const percent = (text: string): Buffer =>
  Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_match, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )

/** RFC 2231: continuations joined, charsets decoded; one value for each name, in order of first appearance. */
export function decodeParameters(raw: Parameters['raw']): readonly (readonly [string, string])[] {
  const plain = new Map<string, string>()
  const pieces = new Map<string, { index: number; encoded: boolean; text: string }[]>()
  for (const [name, value] of raw) {
    const match = /^([^*]+)\*(?:(\d{1,4})(\*)?)?$/.exec(name)
    const base = match?.[1]
    if (!match || base === undefined) {
      if (!plain.has(name)) plain.set(name, decodeWords(value))
      continue
    }
    const list = pieces.get(base) ?? []
    list.push({ index: Number(match[2] ?? 0), encoded: match[2] === undefined || match[3] === '*', text: value })
    pieces.set(base, list)
  }
  for (const [base, list] of pieces) {
    list.sort((a, b) => a.index - b.index)
    let charset = ''
    const octets = list.map(({ encoded, text }, index) => {
      if (!encoded) return Buffer.from(text, 'latin1')
      const start = index === 0 ? /^([^']*)'[^']*'/.exec(text) : null
      if (start) charset = start[1] ?? ''
      return percent(start ? text.slice(start[0].length) : text)
    })
    plain.set(base, decodeText(Buffer.concat(octets), charset))
  }
  return [...plain]
}
