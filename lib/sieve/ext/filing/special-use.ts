import type { Check, Extension } from '../../extension'
import { textOf, textsOf } from '../../values'
import { mailboxOf } from './mailbox'

/** RFC 6154 2: `\` and an atom */
const USE = /^\\[^\x00-\x20(){%*"\\\]\x7f-\uffff]+$/
function checkUses(uses: readonly string[], { constant, fail }: Check): void {
  for (const use of uses) if (constant(use) && !USE.test(use)) fail(`${use} is no special use`)
}
const has = (uses: readonly string[], wanted: string): boolean =>
  uses.some((use) => use.toLowerCase() === wanted.toLowerCase())

/** `specialuse_exists`, and `fileinto :specialuse` (RFC 8579). */
export const specialUse: Extension = {
  capability: 'special-use',
  rfc: 'RFC 8579',
  tests: {
    specialuse_exists: {
      positional: ['string', 'strings'],
      optional: 'first',
      check: ({ positional: [first, second] }, check) => checkUses(textsOf(second ?? first), check),
      test: ({ positional: [first, second] }, run) => {
        run.budget.spend(run.world.mailboxes.length)
        const uses = run.sayAll(second ?? first)
        const { mailboxes } = run.world
        // RFC 8579 3: with a mailbox all uses must be its own, without one each may be another's.
        const named = second === undefined ? undefined : mailboxOf(run, run.say(first))
        if (second !== undefined) return named !== undefined && uses.every((use) => has(named.specialUse, use))
        return uses.every((use) => mailboxes.some((mailbox) => has(mailbox.specialUse, use)))
      },
    },
  },
  tags: { fileinto: { specialuse: { takes: 'string' } } },
  checkTags: ({ tags }, check) => {
    const use = tags.get('specialuse')
    if (use !== undefined) checkUses([textOf(use)], check)
  },
  onStore: (node, run, store) => {
    const use = node?.tags.get('specialuse')
    return use === undefined ? store : { ...store, specialUse: run.say(use) }
  },
}
