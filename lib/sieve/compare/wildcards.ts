import type { Budget } from '../budget'
import { find } from './contains'

/** A piece of a pattern between wildcards: these characters, or exactly one (`?`). */
type Piece = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'one' }
/** What stands between two `*`. */
type Segment = readonly Piece[]

/** RFC 5228 2.7.1: `*` is any characters, `?` one, `\` takes away their meaning. */
function segmentsOf(pattern: string): readonly Segment[] {
  const segments: Piece[][] = [[]]
  for (const [whole, escaped] of pattern.matchAll(/\\([\s\S])|[^*?\\]+|[\s\S]/g)) {
    const segment = segments.at(-1) ?? []
    const last = segment.at(-1)
    const text = escaped ?? whole
    if (whole === '*') segments.push([])
    else if (whole === '?') segment.push({ kind: 'one' })
    else if (last?.kind === 'text') segment[segment.length - 1] = { kind: 'text', text: last.text + text }
    else segment.push({ kind: 'text', text })
  }
  return segments
}

/** Of the patterns compared last: one pattern meets thousands of values. */
const compiled = new Map<string, readonly Segment[]>()
const COMPILED = 100
/** Longer ones are rare, and not worth their room. */
const LONGEST_COMPILED = 1_000

function compile(pattern: string): readonly Segment[] {
  const known = compiled.get(pattern)
  if (known) return known
  const segments = segmentsOf(pattern)
  if (pattern.length > LONGEST_COMPILED) return segments
  if (compiled.size >= COMPILED) compiled.clear()
  compiled.set(pattern, segments)
  return segments
}

/** Steps of a match beside its characters: pieces, places, arrays. */
const BASE = 10

/** A match of a segment: its end, and what each `?` stood for. */
interface Found {
  readonly start: number
  readonly end: number
  readonly ones: readonly (readonly [number, number])[]
}

/** A character is a code point. */
const widthAt = (text: string, at: number): number => ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
function startBefore(text: string, end: number): number {
  const pair = end > 1 && (text.codePointAt(end - 2) ?? 0) > 0xffff
  return end - (pair ? 2 : 1)
}

function matchAt(value: string, segment: Segment, start: number, budget: Budget): Found | undefined {
  const ones: [number, number][] = []
  let at = start
  for (const piece of segment) {
    budget.spend(1)
    if (piece.kind === 'one') {
      if (at >= value.length) return undefined
      const end = at + widthAt(value, at)
      ones.push([at, end])
      at = end
      continue
    }
    budget.pass(piece.text.length)
    if (!value.startsWith(piece.text, at)) return undefined
    at += piece.text.length
  }
  return { start, end: at, ones }
}

/** The segment at the end of the value: walked backwards, so that its start need not be searched. */
function matchAtEnd(value: string, segment: Segment, from: number, budget: Budget): Found | undefined {
  let start = value.length
  for (const piece of segment.toReversed()) {
    start = piece.kind === 'one' ? startBefore(value, start) : start - piece.text.length
    if (start < from) return undefined
  }
  const found = matchAt(value, segment, start, budget)
  return found?.end === value.length ? found : undefined
}

/** The first place of the segment. */
function matchAfter(value: string, segment: Segment, from: number, budget: Budget): Found | undefined {
  const [first] = segment
  if (!first) return { start: from, end: from, ones: [] }
  const firstText = segment.findIndex(({ kind }) => kind === 'text')
  const anchor = segment[firstText]
  for (let at = from; at <= value.length; ) {
    if (firstText === 0 && anchor?.kind === 'text') {
      at = find(value, anchor.text, at, budget)
      if (at < 0) return undefined
    }
    const found = matchAt(value, segment, at, budget)
    if (found) return found
    budget.spend(1)
    at += at < value.length ? widthAt(value, at) : 1
  }
  return undefined
}

/**
 * `:matches`, in time that grows with the value: a shorter match of an earlier `*` never fails where a longer one would not,
 * so no segment is searched twice.
 * @returns what each wildcard stood for, as short as can be from the left (RFC 5229 3.2), as places; undefined: no match
 */
export function wildcards(
  value: string,
  pattern: string,
  budget: Budget,
): readonly (readonly [number, number])[] | undefined {
  budget.pass(pattern.length)
  budget.spend(BASE)
  const segments = compile(pattern)
  const [first = [], ...others] = segments
  const last = others.pop()
  const head = matchAt(value, first, 0, budget)
  if (!head) return undefined
  if (!last) return head.end === value.length ? head.ones : undefined
  const places: (readonly [number, number])[] = [...head.ones]
  let at = head.end
  const take = ({ start, end, ones }: Found): void => {
    places.push([at, start], ...ones)
    at = end
  }
  for (const segment of others) {
    const found = matchAfter(value, segment, at, budget)
    if (!found) return undefined
    take(found)
  }
  const tail = matchAtEnd(value, last, at, budget)
  if (!tail) return undefined
  take(tail)
  return places
}
