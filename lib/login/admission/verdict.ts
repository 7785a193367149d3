import type { ChainAnswer, VerifyOutcome } from '../chain'
import type { PolicyAnswer } from './policy-server'

/** What one attempt showed, before anything is remembered of it. */
export interface Evidence {
  readonly chain: ChainAnswer
  /** what our directories say */
  readonly outcome: VerifyOutcome
  /** an account stands open: the chain accepted, and names it or our directories do */
  readonly opens: boolean
  /** a plugin named the account */
  readonly byPlugin: boolean
  /** undefined: none is asked for, or nothing opens; `unlooked`: whoever is barred does not learn that the password was right */
  readonly second: 'right' | 'wrong' | 'missing' | 'unlooked' | undefined
  /** too many hashes wait */
  readonly busy: boolean
  /** what another server's policy says; undefined: none is asked */
  readonly policy?: PolicyAnswer['kind'] | undefined
}

/** What is told and remembered, unless the network or the account turns out to be barred when it is recorded. */
type Verdict =
  | { readonly kind: 'granted'; readonly reason: 'right' | 'plugin'; readonly learned: 'success' }
  | { readonly kind: 'incomplete'; readonly reason: 'code-missing'; readonly learned: 'incomplete' }
  | { readonly kind: 'refused'; readonly reason: string; readonly learned: 'failure' | 'incomplete' }
  /** a temporary error: nothing is remembered */
  | { readonly kind: 'unavailable'; readonly reason: 'busy' | 'directory' | 'plugin' | 'policy-server' }

/**
 * The first row that fits. Whatever comes out, a bar in force when the attempt is recorded makes it a refusal (`barred-SCOPE`): of
 * many passwords at once, a right one after the limit is refused like a wrong one.
 *
 * A policy server that refuses, or cannot be asked where the settings refuse then, comes before all rows: nothing is learned of
 * what it refused, for it counts by itself.
 *
 * | an account opens | second factor | somebody cannot answer | verdict | remembered as |
 * |---|---|---|---|---|
 * | yes | right, or none | any | granted | success |
 * | any | any | yes | unavailable | nothing |
 * | yes | missing | no | incomplete: half a login | incomplete: no news |
 * | yes | wrong | no | refused: `wrong-code` | failure of password and code |
 * | yes | unlooked | no | refused: barred | failure |
 * | no | any | no | refused: as our directories or a plugin said no | failure |
 */
export function verdictOf({ chain, outcome, opens, byPlugin, second = 'right', busy, policy }: Evidence): Verdict {
  if (policy === 'unavailable') return { kind: 'unavailable', reason: 'policy-server' }
  if (policy === 'refused') return { kind: 'refused', reason: 'policy', learned: 'incomplete' }
  if (opens && second === 'right') return { kind: 'granted', reason: byPlugin ? 'plugin' : 'right', learned: 'success' }
  if (chain.kind === 'unavailable' || outcome === 'unavailable') {
    return { kind: 'unavailable', reason: busy ? 'busy' : outcome === 'unavailable' ? 'directory' : 'plugin' }
  }
  if (second === 'missing') return { kind: 'incomplete', reason: 'code-missing', learned: 'incomplete' }
  const reason = second === 'wrong' ? 'wrong-code' : refusalOf(chain, outcome)
  return { kind: 'refused', reason, learned: 'failure' }
}

function refusalOf(chain: ChainAnswer, outcome: VerifyOutcome): string {
  switch (outcome) {
    case 'wrong':
      return 'wrong-password'
    case 'unknown':
      return 'unknown-user'
    case 'protocol':
      return 'protocol-not-allowed'
    case 'right':
      return chain.kind === 'accepted' ? 'plugin-named-nobody' : 'refused-by-plugin'
    default:
      return outcome
  }
}
