import { ALWAYS } from './ext/language/comparators'
import { IHAVE } from './ext/language/ihave'
import { isConstant } from './ext/language/variables'
import type {
  Arguments,
  Check,
  CommandDefinition,
  CommandNode,
  Extension,
  Kind,
  Script,
  Tags,
  TestDefinition,
  TestNode,
} from './extension'
import { EXTENSIONS } from './extensions'
import { SieveError, type Token, tokenize } from './lexer'
import { type Included, textOf, type Value } from './values'

const DEPTH = 15
/** instructions of all regular expressions of a script */
const MOST_COST = 30_000
type Definition = CommandDefinition | TestDefinition

/** What the language has by `require`: found anew when that names more. */
function createWords(required: ReadonlySet<string>) {
  const active = EXTENSIONS.filter(
    ({ capability }) => capability === undefined || ALWAYS.has(capability) || required.has(capability),
  )
  const matchTypes = active.flatMap((extension) => Object.entries(extension.matchTypes ?? {}))
  const addressParts = active.flatMap((extension) => Object.keys(extension.addressParts ?? {}))
  const comparators = new Set(active.flatMap((extension) => Object.keys(extension.comparators ?? {})))
  const namespaces = new Set(active.flatMap((extension) => Object.keys(extension.namespaces ?? {})))
  const matching: Tags = { ...Object.fromEntries(matchTypes), comparator: { takes: 'string' } }
  const tagsOf = (name: string, definition: Definition): Tags => ({
    ...definition.tags,
    ...(definition.matching ? matching : {}),
    ...(definition.addressPart ? Object.fromEntries(addressParts.map((part) => [part, {}])) : {}),
    ...Object.assign({}, ...active.map((extension) => extension.tags?.[name] ?? {})),
  })
  return {
    active,
    comparators,
    namespaces,
    matchTypes: new Map(matchTypes),
    exclusive: [matchTypes.map(([tag]) => tag), addressParts],
    tagsOf,
  }
}

/** What is missing fails when it runs. */
const noTest = (passed: Arguments, why: Error): TestNode => ({
  ...passed,
  definition: {
    positional: [],
    test: () => {
      throw why
    },
  },
})
const noCommand = (passed: Arguments, why: Error): Omit<CommandNode, 'block'> => ({
  ...passed,
  definition: {
    positional: [],
    run: () => {
      throw why
    },
  },
})

/** The extension that has a command or a test, whether it is required or not. */
const ownerOf = <K extends 'commands' | 'tests'>(kind: K, name: string): Extension | undefined =>
  EXTENSIONS.find((extension) => Object.hasOwn(extension[kind] ?? {}, name))
const owner = { commands: (name: string) => ownerOf('commands', name), tests: (name: string) => ownerOf('tests', name) }

const implied = (capability: string): readonly string[] => [
  capability,
  ...(EXTENSIONS.find((extension) => extension.capability === capability)?.implies ?? []),
]

/** Reads a whole script and checks it (RFC 5228 8.2, 2.10.5): nothing of a script that has a mistake runs. Throws SieveError. */
export function parseScript(text: string, without: ReadonlySet<string> = new Set()): Script {
  const tokens = tokenize(text)
  const required = new Set<string>()
  const includes: Included[] = []
  const around: Arguments[] = []
  let costs = 0
  let words = createWords(required)
  let at = 0

  const peek = (): Token | undefined => tokens[at]
  const lineOf = (): number => (tokens[at] ?? tokens.at(-1))?.line ?? 1
  const fail = (why: string, line = lineOf()): never => {
    throw new SieveError(line, why)
  }
  const isMark = (mark: string): boolean => {
    const token = peek()
    return token?.kind === 'mark' && token.text === mark
  }
  const take = (mark: string): void => {
    if (!isMark(mark)) fail(`expected ${mark}`)
    at++
  }
  /** Things separated by commas, between two marks. */
  function listed<T>(open: string, close: string, one: () => T): T[] {
    take(open)
    const list = [one()]
    while (isMark(',')) {
      at++
      list.push(one())
    }
    take(close)
    return list
  }

  function string(): string {
    const token = peek()
    if (token?.kind !== 'string') return fail('expected a string')
    at++
    return words.active.reduce(
      (said, { literal }) => literal?.(said, (why) => fail(why, token.line), words.namespaces) ?? said,
      token.text,
    )
  }
  function value(): Value | undefined {
    const token = peek()
    if (token?.kind === 'string') return string()
    if (token?.kind === 'number') {
      at++
      return token.value
    }
    return isMark('[') ? listed('[', ']', string) : undefined
  }
  function fits(given: Value | undefined, kind: Kind, what: string): Value {
    if (kind === 'strings' && typeof given === 'string') return [given]
    const right = kind === 'strings' ? Array.isArray(given) : typeof given === kind
    return right && given !== undefined ? given : fail(`${what} takes ${kind === 'strings' ? 'strings' : `a ${kind}`}`)
  }

  /** A tag that an extension has which is not required, said so. */
  function noTag(tag: string, name: string): never {
    const { capability } = EXTENSIONS.find((extension) => extension.tags?.[name]?.[tag]) ?? {}
    const match = EXTENSIONS.find(({ matchTypes, addressParts }) => matchTypes?.[tag] ?? addressParts?.[tag])
    const needed = capability ?? match?.capability
    const why = needed !== undefined && !required.has(needed) ? ` without require "${needed}"` : ''
    return fail(`:${tag} is not expected for ${name}${why}`)
  }

  /** What stands behind a name: tags and values in any order, positional values in theirs (RFC 5228 2.6.2). */
  function given(name: string, tags: Tags): { tags: Map<string, Value>; values: Value[] } {
    const found = new Map<string, Value>()
    const values: Value[] = []
    for (;;) {
      const token = peek()
      if (token?.kind === 'tag') {
        const shape = Object.hasOwn(tags, token.text) ? tags[token.text] : undefined
        if (!shape || found.has(token.text)) return noTag(token.text, name)
        at++
        found.set(token.text, shape.takes ? fits(value(), shape.takes, `:${token.text}`) : true)
        continue
      }
      const next = value()
      if (next === undefined) return { tags: found, values }
      values.push(next)
    }
  }

  function kindsOf({ positional, optional }: Definition, count: number): readonly Kind[] {
    if (optional === undefined || count !== positional.length - 1) return positional
    return optional === 'first' ? positional.slice(1) : positional.slice(0, -1)
  }

  function args(name: string, definition: Definition, line: number, depth: number): Arguments {
    const { tags, values } = given(name, words.tagsOf(name, definition))
    const kinds = kindsOf(definition, values.length)
    if (values.length !== kinds.length) fail(`${name} takes ${kinds.length} arguments, not ${values.length}`, line)
    const positional = values.map((one, index) => fits(one, kinds[index] ?? 'string', name))
    for (const group of [...words.exclusive, ...(definition.exclusive ?? [])])
      if (group.filter((tag) => tags.has(tag)).length > 1) fail(`${name}: only one of :${group.join(' :')}`, line)
    const comparator = tags.get('comparator')
    if (comparator !== undefined && !words.comparators.has(textOf(comparator)))
      fail(`no comparator ${textOf(comparator)}, or it needs require`, line)
    const node: Arguments = { name, line, tags, positional, tests: testsOf(definition, depth) }
    const check: Check = {
      has: (capability) => required.has(capability),
      constant: (said) => !required.has('variables') || isConstant(said),
      namespaces: words.namespaces,
      include: (wanted) => includes.push(wanted),
      cost: (instructions) => {
        costs += instructions
        if (costs > MOST_COST) fail('the script has too many regular expressions', line)
      },
      within: (command) => around.filter((outer) => outer.name === command),
      isBuilt,
      require: requireOne,
      fail: (why) => fail(why, line),
    }
    definition.check?.(node, check)
    for (const [tag, type] of words.matchTypes) if (tags.has(tag)) type.check?.(node, check)
    for (const extension of words.active) extension.checkTags?.(node, check)
    return node
  }

  function testsOf({ tests }: Definition, depth: number): readonly TestNode[] {
    if (tests === undefined) return []
    return tests === 'one' ? [test(depth + 1)] : listed('(', ')', () => test(depth + 1))
  }

  function definitionOf<K extends 'commands' | 'tests'>(kind: K, name: string) {
    const extension = owner[kind](name)
    const what = kind === 'commands' ? 'command' : 'test'
    if (!extension || without.has(extension.capability ?? '')) return fail(`there is no ${what} ${name}`)
    if (!words.active.includes(extension)) return fail(`${name} needs require "${extension.capability}"`)
    return extension
  }

  function test(depth: number): TestNode {
    const token = peek()
    if (token?.kind !== 'identifier') return fail('expected a test')
    if (depth > DEPTH) fail('too deep')
    return leniently(token.text, depth, noTest, () => {
      const definition = definitionOf('tests', token.text).tests?.[token.text]
      if (!definition) return fail(`there is no test ${token.text}`)
      at++
      return { ...args(token.text, definition, token.line, depth), definition }
    })
  }

  /**
   * RFC 5463 4: where `ihave` was required, what a script does not have is a mistake only when it runs, so it is passed over by
   * the grammar that all commands and tests share (RFC 5228 8.2).
   */
  function leniently<T>(name: string, depth: number, fails: (passed: Arguments, why: Error) => T, read: () => T): T {
    const start = at
    try {
      return read()
    } catch (error) {
      if (!required.has(IHAVE) || !(error instanceof SieveError)) throw error
      at = start
      return fails(passed(name, depth), error)
    }
  }
  function passed(name: string, depth: number): Arguments {
    const line = lineOf()
    at++
    while (peek()?.kind === 'tag' || value() !== undefined) if (peek()?.kind === 'tag') at++
    const next = peek()
    if (isMark('(')) listed('(', ')', () => test(depth + 1))
    else if (next?.kind === 'identifier') test(depth + 1)
    return { name, line, tags: new Map(), positional: [], tests: [] }
  }

  const isBuilt = (capability: string): boolean =>
    EXTENSIONS.some((extension) => extension.capability === capability) && !without.has(capability)
  function requireOne(capability: string): void {
    for (const name of implied(capability)) required.add(name)
    words = createWords(required)
  }
  function requireAll({ positional, line }: Arguments): void {
    for (const capability of positional.flat().map(String)) {
      if (!isBuilt(capability)) fail(`the extension ${capability} is not built`, line)
      requireOne(capability)
    }
  }

  function command(depth: number, before: CommandNode | undefined): CommandNode {
    const token = peek()
    if (token?.kind !== 'identifier') return fail('expected a command')
    const { text: name, line } = token
    if (depth > DEPTH) fail('too deep')
    if ((name === 'elsif' || name === 'else') && before?.name !== 'if' && before?.name !== 'elsif')
      fail(`${name} without if`)
    // RFC 5228 3.2: require comes first.
    if (name === 'require' && (depth > 0 || (before !== undefined && before.name !== 'require')))
      fail('require must come first')
    const node = leniently(name, depth, noCommand, () => {
      const definition = definitionOf('commands', name).commands?.[name]
      if (!definition) return fail(`there is no command ${name}`)
      at++
      return { ...args(name, definition, line, depth), definition }
    })
    if (name === 'require') requireAll(node)
    if (!node.definition.block && !(required.has(IHAVE) && isMark('{'))) {
      take(';')
      return { ...node, block: [] }
    }
    take('{')
    around.push(node)
    const block = commands(depth + 1)
    around.pop()
    take('}')
    return { ...node, block }
  }

  function commands(depth: number): CommandNode[] {
    const list: CommandNode[] = []
    while (peek() && !isMark('}')) list.push(command(depth, list.at(-1)))
    return list
  }

  const all = commands(0)
  if (at < tokens.length) fail('a } too many')
  return { commands: all, required, extensions: words.active, includes }
}
