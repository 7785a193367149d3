/** A mistake in a script, for its owner. */
export class SieveError extends Error {
  override readonly name = 'SieveError'
  constructor(
    readonly line: number,
    why: string,
  ) {
    super(`line ${line}: ${why}`)
  }
}

export type Token =
  | { readonly kind: 'identifier' | 'tag' | 'string'; readonly text: string; readonly line: number }
  | { readonly kind: 'number'; readonly value: number; readonly line: number }
  | { readonly kind: 'mark'; readonly text: string; readonly line: number }

/** octets of a script */
export const MAX_SCRIPT = 256 * 1024
const MAX_TOKENS = 20_000
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

const BLANK = /(?:[ \t\r\n]+|#[^\n]*|\/\*[\s\S]*?\*\/)+/y
const WORD = /:?[A-Za-z_][A-Za-z0-9_]*/y
const NUMBER = /(\d+)([KMGkmg]?)(?![A-Za-z0-9_])/y
const QUOTED = /"((?:[^"\\]|\\[\s\S])*)"/y

function match(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** RFC 5228 2.4.2: `text:` to a line with a single dot; lines that begin with a dot have two. */
function multiline(text: string, at: number): { value: string; end: number } | undefined {
  const head = match(/text:[ \t]*(?:#[^\n]*)?\r?\n/y, text, at)
  if (!head) return undefined
  const start = at + head[0].length
  const lines: string[] = []
  for (let from = start; from < text.length; ) {
    const feed = text.indexOf('\n', from)
    const end = feed < 0 ? text.length : feed + 1
    const line = text.slice(from, end).replace(/\r?\n$/, '')
    if (line === '.') return { value: lines.map((kept) => `${kept}\r\n`).join(''), end }
    lines.push(line.startsWith('.') ? line.slice(1) : line)
    from = end
  }
  return undefined
}

/** RFC 5228 2.2: a script's lines end with CRLF; those of one that was written elsewhere are made so, and a BOM is no text. */
const asLines = (script: string): string => script.replace(/^\ufeff/, '').replace(/\r?\n/g, '\r\n')

/** RFC 5228 8.1. Throws SieveError. */
export function tokenize(script: string): readonly Token[] {
  if (Buffer.byteLength(script) > MAX_SCRIPT) throw new SieveError(1, `a script has at most ${MAX_SCRIPT} octets`)
  const text = asLines(script)
  const tokens: Token[] = []
  let at = 0
  let line = 1
  const advance = (length: number): void => {
    for (let i = at; i < at + length; i++) if (text.charCodeAt(i) === 10) line++
    at += length
  }
  while (at < text.length) {
    const blank = match(BLANK, text, at)
    if (blank) {
      advance(blank[0].length)
      continue
    }
    if (tokens.length >= MAX_TOKENS) throw new SieveError(line, 'the script is too long')
    const many = multiline(text, at)
    if (many) {
      tokens.push({ kind: 'string', text: many.value, line })
      advance(many.end - at)
      continue
    }
    const number = match(NUMBER, text, at)
    const quoted = number ? null : match(QUOTED, text, at)
    const word = number || quoted ? null : match(WORD, text, at)
    if (number) {
      const value = Number(number[1]) * (UNITS[(number[2] ?? '').toLowerCase()] ?? 1)
      if (value > 2 ** 31 - 1) throw new SieveError(line, 'the number is too big')
      tokens.push({ kind: 'number', value, line })
    } else if (quoted) tokens.push({ kind: 'string', text: (quoted[1] ?? '').replace(/\\([\s\S])/g, '$1'), line })
    else if (word) {
      const name = word[0].toLowerCase()
      tokens.push({ kind: name.startsWith(':') ? 'tag' : 'identifier', text: name.replace(/^:/, ''), line })
    } else if (/[[\](){},;]/.test(text.charAt(at))) tokens.push({ kind: 'mark', text: text.charAt(at), line })
    else throw new SieveError(line, `${JSON.stringify(text.charAt(at))} is not expected here`)
    advance((number ?? quoted ?? word)?.[0].length ?? 1)
  }
  return tokens
}
