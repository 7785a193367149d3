import type { Action, Outcome } from '../../lib/sieve/action'
import { createBudget } from '../../lib/sieve/budget'
import type { World } from '../../lib/sieve/extension'
import { sieveMessage } from '../../lib/sieve/message'
import { parseScript } from '../../lib/sieve/parse'
import { runScript } from '../../lib/sieve/run'

/** A world in which nothing is known but what a test says. */
const worldOf = (known: Partial<World> = {}): World => ({
  envelope: { from: 's@example.net', to: 'me@example.org' },
  now: Date.UTC(2026, 10, 26, 12, 30, 15),
  zone: () => 60,
  host: 'mx.example.org',
  version: '1.0',
  scan: {},
  separators: '+',
  maxRedirects: 4,
  mailboxes: [],
  script: () => undefined,
  isRemembered: () => false,
  ...known,
})

export const outcomeOf = (script: string, octets: Buffer, known: Partial<World> = {}): Outcome => {
  const budget = createBudget()
  return runScript(parseScript(script), sieveMessage(octets, budget), worldOf(known), budget)
}

export const actionsOf = (script: string, octets: Buffer, known?: Partial<World>): readonly Action[] =>
  outcomeOf(script, octets, known).actions
