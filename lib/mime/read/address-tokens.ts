/** Tokens of address lists (RFC 5322 3.2): specials, words, and the comments between them. */
type Token =
  | { readonly kind: 'special'; readonly text: string }
  | { readonly kind: 'word'; readonly text: string; readonly spaced: boolean }

export interface Tokens {
  readonly tokens: readonly Token[]
  /** the last comment before a token, by the token's index */
  readonly comments: ReadonlyMap<number, string>
}

const MAX_TOKENS = 100_000
const SPECIALS = '<>,:;@.'
const ENCODED_WORD = /^=\?[^?\s]{1,60}\?[bBqQ]\?[^?\s]{0,1000}\?=/
const WORD = /^[^\s()<>,:;@.[\]"]+/
const LONGEST_WORD = 1_100
const isBlank = (c: string): boolean => c === ' ' || c === '\t' || c === '\r' || c === '\n' || c === '\0'

interface Piece {
  readonly text: string
  readonly end: number
}

/** `(...)` with comments inside, which keep their parentheses. */
function comment(text: string, start: number): Piece {
  let depth = 0
  let inside = ''
  let at = start
  for (; at < text.length; at++) {
    const c = text.charAt(at)
    if (c === '\\') inside += text.charAt(++at)
    else if (c === '(' && depth++ === 0) continue
    else if (c === ')' && --depth === 0) break
    else inside += c
  }
  return { text: inside.trim(), end: at + 1 }
}

function quotedString(text: string, start: number): Piece {
  let inside = ''
  let at = start + 1
  for (; at < text.length && text[at] !== '"'; at++) {
    if (text[at] === '\\' && at + 1 < text.length) at++
    inside += text[at]
  }
  return { text: inside, end: at + 1 }
}

/** RFC 5322 3.4.1, with what addresses of IPv6 need; a bracket that begins none is a letter of a word. */
const DOMAIN_LITERAL = /^\[[^[\]\\<>@,;"]*\]/
const BRACKETED = /^\[[^\s()<>,:;@.[\]"]*/

function domainLiteral(text: string, start: number): Piece {
  const ahead = text.slice(start, start + LONGEST_WORD)
  const literal = DOMAIN_LITERAL.exec(ahead)?.[0] ?? BRACKETED.exec(ahead)?.[0] ?? '['
  return { text: literal, end: start + literal.length }
}

function atom(text: string, start: number): Piece {
  const ahead = text.slice(start, start + LONGEST_WORD)
  // Specials in an encoded word are wrong (RFC 2047 5) and common.
  const encoded = ahead.startsWith('=?') ? ENCODED_WORD.exec(ahead)?.[0] : undefined
  const word = encoded ?? WORD.exec(ahead)?.[0] ?? text.charAt(start)
  return { text: word, end: start + word.length }
}

export function tokenize(text: string): Tokens {
  const tokens: Token[] = []
  const comments = new Map<number, string>()
  let spaced = false
  let at = 0
  while (at < text.length && tokens.length <= MAX_TOKENS) {
    const c = text.charAt(at)
    if (isBlank(c)) {
      spaced = true
      at++
    } else if (c === '(') {
      const { text: inside, end } = comment(text, at)
      comments.set(tokens.length, inside)
      spaced = true
      at = end
    } else if (SPECIALS.includes(c)) {
      tokens.push({ kind: 'special', text: c })
      spaced = false
      at++
    } else {
      const read = c === '"' ? quotedString : c === '[' ? domainLiteral : atom
      const word = read(text, at)
      tokens.push({ kind: 'word', text: word.text, spaced })
      spaced = false
      at = word.end
    }
  }
  return { tokens, comments }
}
