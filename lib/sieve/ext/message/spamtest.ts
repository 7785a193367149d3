import type { Extension, Run, TestDefinition, TestNode } from '../../extension'

/** RFC 5235 2: `:count` is 1 when a scanner looked at the message, else 0; else the value says it. */
function judged(node: TestNode, run: Run, value: string | undefined): boolean {
  const values = value === undefined ? (node.tags.has('count') ? [] : ['0']) : [value]
  return run.compare(node, values, run.sayAll(node.positional[0]))
}

const spam: TestDefinition = {
  positional: ['strings'],
  matching: true,
  test: (node, run) => {
    const { spam: percent } = run.world.scan
    if (percent === undefined) return judged(node, run, undefined)
    // RFC 5235 2.2.1: 1 is clear of spam, 10 surely spam.
    return judged(node, run, String(node.tags.has('percent') ? Math.round(percent) : 1 + Math.round(percent * 0.09)))
  },
}

export const spamtest: Extension = { capability: 'spamtest', rfc: 'RFC 5235 2.2.1', tests: { spamtest: spam } }

export const spamtestplus: Extension = {
  capability: 'spamtestplus',
  rfc: 'RFC 5235 2.2.1',
  implies: ['spamtest'],
  tags: { spamtest: { percent: {} } },
}

/** RFC 5235 2.2.2: 1 is none found, 5 surely a virus. */
export const virustest: Extension = {
  capability: 'virustest',
  rfc: 'RFC 5235 2.2.2',
  tests: {
    virustest: {
      positional: ['strings'],
      matching: true,
      test: (node, run) => {
        const { virus } = run.world.scan
        return judged(node, run, virus === undefined ? undefined : String(virus))
      },
    },
  },
}
