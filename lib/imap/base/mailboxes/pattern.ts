import { canonicalMailboxName } from '../../../terms/names'
import { turn } from '../../../work/turns'

/** A pattern of LIST: `*` matches everything, `%` all but the delimiter (RFC 9051 6.3.9). */
export interface Pattern {
  test(name: string): boolean
}

/** of one LIST: each of them meets each mailbox */
export const MOST_PATTERNS = 100

const isWildcard = (char: string | undefined): boolean => char === '*' || char === '%'

/**
 * All places of the pattern at which a match may stand go through the name side by side: its length times that of the pattern, at
 * most. A regular expression of such patterns tries each way by itself, and `*a*a*a*a*b` never ends.
 */
export function pattern(reference: string, listMailbox: string): Pattern {
  const full = canonicalMailboxName(reference === '' ? listMailbox : reference + listMailbox)
  // No wildcard stands beside another one.
  const folded = full.replace(/[*%]*\*[*%]*/g, '*').replace(/%+/g, '%')
  const letters = folded.length - (folded.match(/[*%]/g)?.length ?? 0)
  const end = folded.length
  const first = folded.search(/[*%]/)
  const before = first < 0 ? folded : folded.slice(0, first)
  const behind = folded.slice(first + 1)

  return {
    test(name) {
      if (letters > name.length || !name.startsWith(before)) return false
      if (first < 0) return name.length === end
      if (letters === end - 1) {
        // As clients do it: one wildcard.
        const between = name.slice(first, name.length - behind.length)
        return name.endsWith(behind) && (folded[first] === '*' || !between.includes('/'))
      }
      /** by place: the last step that came to it */
      const reached = new Int32Array(end + 1).fill(-1)
      let places: number[] = []
      const reach = (at: number, step: number, to: number[]): void => {
        if (reached[at] === step) return
        reached[at] = step
        to.push(at)
        if (isWildcard(folded[at])) reach(at + 1, step, to)
      }
      reach(0, 0, places)
      for (let step = 0; step < name.length && places.length > 0; step++) {
        const next: number[] = []
        for (const at of places) {
          const char = folded[at]
          if (char === '*' || (char === '%' && name[step] !== '/')) reach(at, step + 1, next)
          else if (!isWildcard(char) && char === name[step]) reach(at + 1, step + 1, next)
        }
        places = next
      }
      return places.includes(end)
    },
  }
}

/** Those of the names that one of the patterns means. */
export async function fitting(patterns: readonly Pattern[], names: Iterable<string>): Promise<ReadonlySet<string>> {
  const fit = new Set<string>()
  for (const name of names) {
    for (const one of patterns) {
      await turn()
      if (!one.test(name)) continue
      fit.add(name)
      break
    }
  }
  return fit
}
