import { type Arguments, type CommandDefinition, type Extension, type Run, slot } from '../../extension'
import type { Value } from '../../values'
import { variablesOf } from '../language/variables'

/** RFC 5232 2: the internal variable, which no name leads to. */
const internal = slot((): { flags: readonly string[] } => ({ flags: [] }))
/** flag-keyword of RFC 9051, and the system flags that can be set (RFC 5232 2) */
const FLAG = /^(?:[^\x00-\x20(){%*"\\\]\x7f-\uffff]+|\\(?:answered|flagged|deleted|seen|draft))$/i

/** Several flags may stand in one string (RFC 5232 2), each counts once whatever its case. */
function flagsIn(run: Run, list: readonly string[]): readonly string[] {
  const found = new Map<string, string>()
  for (const text of list) {
    run.budget.spend(1 + Math.ceil(text.length / 4))
    for (const word of text.split(/ +/)) {
      const key = word.toLowerCase()
      if (FLAG.test(word) && !found.has(key)) found.set(key, word)
    }
  }
  return [...found.values()]
}

const held = (run: Run, variable: string | undefined): readonly string[] =>
  variable === undefined ? internal(run).flags : flagsIn(run, [variablesOf(run).get(variable)])

type Change = (before: readonly string[], given: readonly string[]) => readonly string[]
const without = (flags: readonly string[], taken: readonly string[]): readonly string[] => {
  const keys = new Set(taken.map((flag) => flag.toLowerCase()))
  return flags.filter((flag) => !keys.has(flag.toLowerCase()))
}

/** RFC 5232 2: a variable may be named only with the extension variables. */
const checkVariable = (
  { name, positional }: Arguments,
  has: (capability: string) => boolean,
  fail: (why: string) => never,
) => {
  if (positional.length === 2 && !has('variables')) fail(`${name} with a variable needs require "variables"`)
}

/** RFC 5232 3: `setflag [variable] <flags>` and its like */
const changer = (change: Change): CommandDefinition => ({
  positional: ['string', 'strings'],
  optional: 'first',
  check: (node, { has, fail }) => checkVariable(node, has, fail),
  run: ({ positional: [first, second] }, run) => {
    const variable = second === undefined ? undefined : run.say(first)
    const given = flagsIn(run, run.sayAll(second ?? first))
    const flags = change(held(run, variable), given)
    if (variable === undefined) internal(run).flags = flags
    else variablesOf(run).set(variable, flags.join(' '))
  },
})

const said = (run: Run, value: Value | undefined): readonly string[] =>
  run.sayAll(value).flatMap((one) => one.split(/ +/))

export const imap4flags: Extension = {
  capability: 'imap4flags',
  rfc: 'RFC 5232',
  commands: {
    setflag: changer((_before, given) => given),
    addflag: changer((before, given) => [...before, ...without(given, before)]),
    removeflag: changer((before, given) => without(before, given)),
  },
  tests: {
    hasflag: {
      positional: ['strings', 'strings'],
      optional: 'first',
      matching: true,
      check: (node, { has, fail }) => checkVariable(node, has, fail),
      test: (node, run) => {
        const [first, second] = node.positional
        const names = second === undefined ? [undefined] : run.sayAll(first)
        const flags = names.flatMap((name) => held(run, name))
        return run.compare(node, flags, said(run, second ?? first))
      },
    },
  },
  tags: { keep: { flags: { takes: 'strings' } }, fileinto: { flags: { takes: 'strings' } } },
  onStore: (node, run, store) => {
    const given = node?.tags.get('flags')
    return { ...store, flags: given === undefined ? held(run, undefined) : flagsIn(run, run.sayAll(given)) }
  },
}
