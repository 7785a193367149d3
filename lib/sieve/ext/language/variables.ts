import { type Extension, type Run, slot, type Variables } from '../../extension'
import { textOf } from '../../values'
import { asciiLower } from './comparators'

const MOST = 128
/** characters of a value, and of a string with its variables put in */
const LONGEST = 8_000
const LONGEST_STRING = 8 * LONGEST
const NAME = /^[a-z_][a-z0-9_]*$/i
/** RFC 5229 3: a name, perhaps of a namespace, or the number of a match variable. */
const REFERENCE = /\$\{(?:((?:[a-z_]\w*\.)*)([a-z_]\w*)|(\d+))\}/gi
const NAMESPACE = /\$\{([a-z_]\w*)\.(?:[a-z_]\w*\.)*\w+\}/gi

function createVariables(): Variables {
  const values = new Map<string, string>()
  return {
    get: (name) => values.get(name.toLowerCase()) ?? '',
    set(name, value) {
      if (!NAME.test(name)) throw new Error(`${name} is no name of a variable`)
      if (values.size >= MOST && !values.has(name.toLowerCase())) throw new Error('too many variables')
      values.set(name.toLowerCase(), value.slice(0, LONGEST))
    },
  }
}

/** What one script sees: its own variables, which of them are everybody's (RFC 6609 3.4.1), and what the last match found. */
interface Scope {
  readonly own: Variables
  readonly shared: Set<string>
  matched: readonly string[]
}
const createScope = (): Scope => ({ own: createVariables(), shared: new Set(), matched: [] })
const scopesOf = slot((): [Scope, ...Scope[]] => [createScope()])
const scopeOf = (run: Run): Scope => scopesOf(run)[0]
/** Variables that all scripts of a run share. */
export const globalsOf = slot(createVariables)

/** Also of imap4flags: its variables are these (RFC 5232 2). */
export function variablesOf(run: Run): Variables {
  const { own, shared } = scopeOf(run)
  const holder = (name: string): Variables => (shared.has(name.toLowerCase()) ? globalsOf(run) : own)
  return { get: (name) => holder(name).get(name), set: (name, value) => holder(name).set(name, value) }
}
export function makeGlobal(run: Run, name: string): void {
  scopeOf(run).shared.add(name.toLowerCase())
}
/** Runs an included script, which sees none of the variables of the one that includes it. */
export function inOwnScope<T>(run: Run, script: () => T): T {
  const scopes = scopesOf(run)
  scopes.unshift(createScope())
  const made = script()
  scopes.shift()
  return made
}

/** `global.x`: its namespace and its name */
function parted(name: string): readonly [string, string] {
  const dot = name.lastIndexOf('.')
  return [name.slice(0, Math.max(0, dot)).toLowerCase(), name.slice(dot + 1)]
}

/** Whether a string holds no variables. */
export const isConstant = (text: string): boolean => text.search(REFERENCE) < 0

function expand(text: string, run: Run): string {
  if (!text.includes('${')) return text
  const { matched } = scopeOf(run)
  const said = text.replace(
    REFERENCE,
    (_whole, space: string | undefined, name: string, digits: string | undefined) => {
      if (digits !== undefined) return matched[Number(digits)] ?? ''
      return run.variables((space ?? '').slice(0, -1).toLowerCase()).get(name)
    },
  )
  run.budget.pass(text.length + said.length)
  return said.slice(0, LONGEST_STRING)
}

/** RFC 5229 4.1.3: only the letters of US-ASCII change. */
const upper = (text: string): string => text.replace(/[a-z]+/g, (letters) => letters.toUpperCase())

export const variables: Extension = {
  capability: 'variables',
  rfc: 'RFC 5229',
  commands: {
    set: {
      positional: ['string', 'string'],
      tags: { lower: {}, upper: {}, lowerfirst: {}, upperfirst: {}, quotewildcard: {}, length: {} },
      // RFC 5229 4: of those of one precedence only one
      exclusive: [
        ['lower', 'upper'],
        ['lowerfirst', 'upperfirst'],
        ['quotewildcard', 'quoteregex'],
      ],
      check: ({ positional: [name] }, { namespaces, fail }) => {
        const [space, own] = parted(textOf(name))
        if (!NAME.test(own)) fail(`${textOf(name)} is no name of a variable`)
        if (space !== '' && !namespaces.has(space)) fail(`the namespace of ${textOf(name)} is not built`)
      },
      run: ({ positional: [name, value], tags }, run) => {
        const [space, own] = parted(textOf(name))
        run.variables(space).set(own, run.modified(run.say(value), [...tags.keys()]))
        return undefined
      },
    },
  },
  tests: {
    string: {
      positional: ['strings', 'strings'],
      matching: true,
      test: (node, run) => {
        const [sources, keys] = node.positional
        const values = run.sayAll(sources)
        // RFC 5229 5: an empty string does not count.
        const counted = node.tags.has('count') ? values.filter((value) => value !== '') : values
        return run.compare(node, counted, run.sayAll(keys))
      },
    },
  },
  modifiers: {
    lower: { precedence: 40, apply: asciiLower },
    upper: { precedence: 40, apply: upper },
    lowerfirst: { precedence: 30, apply: (text) => asciiLower(text.slice(0, 1)) + text.slice(1) },
    upperfirst: { precedence: 30, apply: (text) => upper(text.slice(0, 1)) + text.slice(1) },
    quotewildcard: { precedence: 20, apply: (text) => text.replace(/[*?\\]/g, '\\$&') },
    length: { precedence: 10, apply: (text) => String([...text].length) },
  },
  namespaces: { '': variablesOf },
  expand,
  onMatch: (run, found) => {
    scopeOf(run).matched = found
  },
  // RFC 5229 3: namespaces belong to extensions, and the script must name those.
  literal: (text, fail, spaces) => {
    for (const [whole, space = ''] of text.matchAll(NAMESPACE))
      if (!spaces.has(space.toLowerCase())) fail(`the namespace of ${whole} is not built`)
    return text
  },
}
