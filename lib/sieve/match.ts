/** RFC 5228 2.7.1: how a value is compared with a key. */
export type MatchType = 'is' | 'contains' | 'matches'
export interface Matching {
  readonly type: MatchType
  readonly comparator: 'i;octet' | 'i;ascii-casemap'
}

/** Characters of a value that `:matches` looks at: time grows with value and pattern. */
const MATCHED = 16_384
/** Steps of one `:matches`. */
const STEPS = 2_000_000

const lower = (text: string): string => text.replace(/[A-Z]+/g, (capitals) => capitals.toLowerCase())

interface Piece {
  /** `*`: any characters, `?`: one, else these */
  readonly kind: 'any' | 'one' | 'text'
  readonly text: string
}

function piecesOf(pattern: string): readonly Piece[] {
  const pieces: Piece[] = []
  for (const [whole, escaped] of pattern.matchAll(/\\([\s\S])|[\s\S]/gu)) {
    if (whole === '*') pieces.push({ kind: 'any', text: '' })
    else if (whole === '?') pieces.push({ kind: 'one', text: '' })
    else {
      const last = pieces.at(-1)
      const text = escaped ?? whole
      if (last?.kind === 'text') pieces[pieces.length - 1] = { kind: 'text', text: last.text + text }
      else pieces.push({ kind: 'text', text })
    }
  }
  return pieces
}

/** @returns what each wildcard stood for, as short as can be from the left (RFC 5229 3.2); undefined: no match */
function wildcards(value: string, pattern: string, fold: (text: string) => string): readonly string[] | undefined {
  const folded = fold(value)
  const pieces = piecesOf(fold(pattern))
  const at: number[] = [0]
  // Only the last `*` has to give way: a shorter match of an earlier one never fails where a longer one would not.
  let star: { piece: number; end: number } | undefined
  let i = 0
  let position = 0
  for (let steps = 0; steps < STEPS; steps++) {
    const piece = pieces[i]
    let next: number | undefined
    if (!piece) next = position === folded.length ? position : undefined
    else if (piece.kind === 'any') {
      star = { piece: i, end: position }
      next = position
    } else if (piece.kind === 'one') {
      const code = folded.codePointAt(position)
      next = code === undefined ? undefined : position + (code > 0xffff ? 2 : 1)
    } else next = folded.startsWith(piece.text, position) ? position + piece.text.length : undefined
    if (next !== undefined) {
      if (!piece)
        return pieces.flatMap((one, index) => (one.kind === 'text' ? [] : [value.slice(at[index], at[index + 1])]))
      position = next
      at[++i] = position
      continue
    }
    if (!star || star.end >= folded.length) return undefined
    star.end++
    i = star.piece + 1
    position = star.end
    at[i] = position
  }
  return undefined
}

/** @returns match variables, `${0}` first (`:matches` only); undefined: no match */
export function matchOne(value: string, key: string, { type, comparator }: Matching): readonly string[] | undefined {
  const fold = comparator === 'i;octet' ? (text: string): string => text : lower
  switch (type) {
    case 'is':
      return fold(value) === fold(key) ? [] : undefined
    case 'contains':
      return fold(value).includes(fold(key)) ? [] : undefined
    case 'matches': {
      const seen = value.slice(0, MATCHED)
      const found = wildcards(seen, key, fold)
      return found && [seen, ...found]
    }
  }
}
