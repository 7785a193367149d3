import type { Extension } from '../../extension'
import { textsOf } from '../../values'

/** What the envelope has: other parts are a mistake (RFC 5228 5.4). */
const PARTS = ['from', 'to']

export const envelope: Extension = {
  capability: 'envelope',
  rfc: 'RFC 5228 5.4',
  tests: {
    envelope: {
      positional: ['strings', 'strings'],
      matching: true,
      addressPart: true,
      check: ({ positional: [parts] }, { constant, fail }) => {
        for (const part of textsOf(parts))
          if (constant(part) && !PARTS.includes(part.toLowerCase())) fail(`the envelope has no part ${part}`)
      },
      test: (node, run) => {
        const [parts, keys] = node.positional
        const addresses = run.sayAll(parts).map((part) => {
          const { from, to } = run.world.envelope
          if (part.toLowerCase() === 'from') return from
          if (part.toLowerCase() === 'to') return to
          throw new Error(`the envelope has no part ${part}`)
        })
        return run.compare(node, run.parts(node, addresses), run.sayAll(keys))
      },
    },
  },
}
