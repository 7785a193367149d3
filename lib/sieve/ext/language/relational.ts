import type { Arguments, Check, Comparison, Extension, MatchType } from '../../extension'
import { textOf } from '../../values'

/** RFC 5231 4.1, 4.2: what a comparison of value and key must give. */
const HOLDS: Readonly<Record<string, (order: number) => boolean>> = {
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
}

const relation = (tag: string, valuesOf: (comparison: Comparison) => readonly string[]): MatchType => ({
  takes: 'string',
  check: ({ tags }: Arguments, { fail }: Check) => {
    const said = textOf(tags.get(tag))
    if (!Object.hasOwn(HOLDS, said.toLowerCase()))
      fail(`:${tag} ${JSON.stringify(said)}: expected gt, ge, lt, le, eq or ne`)
  },
  compare: (comparison) => {
    const { keys, comparator, argument, budget } = comparison
    const holds = HOLDS[argument.toLowerCase()]
    for (const value of valuesOf(comparison)) {
      for (const key of keys) {
        budget.spend(1 + (value.length + key.length) / 4)
        if (holds?.(comparator.order(value, key))) return []
      }
    }
    return undefined
  },
})

/** `:value` compares by order, `:count` how many there are. */
export const relational: Extension = {
  capability: 'relational',
  rfc: 'RFC 5231',
  matchTypes: {
    value: relation('value', ({ values }) => values),
    count: relation('count', ({ values }) => [String(values.length)]),
  },
}
