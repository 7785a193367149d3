import { RE2JS } from 're2js'
import type { Budget } from '../../budget'
import type { Check, Extension } from '../../extension'
import { textsOf } from '../../values'

/** characters of an expression, and instructions that it may be made into */
const MOST = 1_000
const MOST_INSTRUCTIONS = 10_000
/** steps that making one of them takes */
const INSTRUCTION = 80
/** characters of a value that are looked at */
const LOOKED_AT = 16 * 1024
const KEPT = 200

const INVALID = 'is no regular expression'

/** The most instructions that it could become: repetitions are written out. */
function sizeOf(source: string): number {
  const times = [...source.matchAll(/\{\d*,?(\d+)?\}/g)].map(([whole]) =>
    Math.max(...(whole.match(/\d+/g)?.map(Number) ?? [1])),
  )
  return source.length * Math.max(1, ...times)
}

const isTooLarge = (source: string): boolean => source.length > MOST || sizeOf(source) > MOST_INSTRUCTIONS

/** Throws with a text for the owner. re2js never backtracks: its time grows with the value. */
function compile(source: string, sameCase: boolean): RE2JS {
  if (source.length > MOST || sizeOf(source) > MOST_INSTRUCTIONS)
    throw new Error(`${source.slice(0, 50)}... is too large`)
  try {
    return RE2JS.compile(source, RE2JS.DOTALL | (sameCase ? 0 : RE2JS.CASE_INSENSITIVE))
  } catch {
    throw new Error(`${source.slice(0, 100)} ${INVALID}`)
  }
}

function sizeOrFail(source: string, fail: (why: string) => never): number {
  try {
    return compile(source, true).programSize()
  } catch (error) {
    return fail(error instanceof Error ? error.message : INVALID)
  }
}

const compiled = new Map<string, RE2JS>()
function expression(source: string, sameCase: boolean, budget: Budget): RE2JS {
  const key = `${sameCase ? '=' : '~'}${source}`
  const known = compiled.get(key)
  if (known) return known
  if (!isTooLarge(source)) budget.spend(INSTRUCTION * sizeOf(source))
  const made = compile(source, sameCase)
  if (compiled.size >= KEPT) compiled.clear()
  compiled.set(key, made)
  return made
}

/** `:regex`, and `set :quoteregex` (draft-ietf-sieve-regex). */
export const regex: Extension = {
  capability: 'regex',
  rfc: 'draft-ietf-sieve-regex',
  matchTypes: {
    regex: {
      check: ({ positional }, { constant, cost, fail }: Check) => {
        for (const source of textsOf(positional.at(-1))) {
          if (constant(source)) cost(sizeOrFail(source, fail))
        }
      },
      compare: ({ values, keys, comparator, budget }) => {
        const sameCase = comparator.fold('A') === 'A'
        for (const value of values) {
          const text = value.slice(0, LOOKED_AT)
          for (const key of keys) {
            const found = expression(key, sameCase, budget)
            budget.spend(10 + text.length * (4 + found.programSize() / 2))
            const matcher = found.matcher(text)
            if (!matcher.find()) continue
            return Array.from({ length: 1 + matcher.groupCount() }, (_none, group) => matcher.group(group) ?? '')
          }
        }
        return undefined
      },
    },
  },
  tags: { set: { quoteregex: {} } },
  modifiers: { quoteregex: { precedence: 20, apply: (text) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') } },
}
