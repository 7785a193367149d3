import { ADDRESS_FIELDS, COMMANDS, EXTENSIONS, type Kind, type Shape, TESTS } from './grammar'
import { SieveError, type Token, tokenize } from './lexer'

export type Value = string | readonly string[] | number | true

/** A command or a test with its arguments checked. */
export interface Node {
  readonly name: string
  readonly line: number
  readonly tags: ReadonlyMap<string, Value>
  readonly positional: readonly Value[]
  readonly tests: readonly Node[]
  readonly block: readonly Node[]
}

export interface Script {
  readonly commands: readonly Node[]
  readonly extensions: ReadonlySet<string>
}

const DEPTH = 15
const NAMESPACE = /\$\{[a-z_]\w*\.[\w.]*\}/i
/** RFC 5228 2.7.3: `i;ascii-casemap` is the default; i;octet distinguishes case. */
const COMPARATORS = ['i;octet', 'i;ascii-casemap']
/** One of each group at most. */
const EXCLUSIVE = [
  ['is', 'contains', 'matches'],
  ['all', 'localpart', 'domain'],
  ['over', 'under'],
  ['raw', 'text', 'content'],
]

/** Reads a whole script and checks it (RFC 5228 8.2, 2.10.5): nothing of a script that has a mistake runs. Throws SieveError. */
export function parseScript(text: string): Script {
  const tokens = tokenize(text)
  const extensions = new Set<string>()
  let at = 0

  const peek = (): Token | undefined => tokens[at]
  const lineOf = (): number => (tokens[at] ?? tokens.at(-1))?.line ?? 1
  const fail = (why: string, line = lineOf()): never => {
    throw new SieveError(line, why)
  }
  const isMark = (text_: string): boolean => {
    const token = peek()
    return token?.kind === 'mark' && token.text === text_
  }
  const take = (mark: string): void => {
    if (!isMark(mark)) fail(`expected ${mark}`)
    at++
  }

  function stringList(): readonly string[] {
    take('[')
    const list: string[] = []
    for (;;) {
      const token = peek()
      if (token?.kind !== 'string') return fail('expected a string')
      list.push(token.text)
      at++
      if (!isMark(',')) break
      at++
    }
    take(']')
    return list
  }

  function value(): Value | undefined {
    const token = peek()
    if (token?.kind === 'string') {
      at++
      return token.text
    }
    if (token?.kind === 'number') {
      at++
      return token.value
    }
    return isMark('[') ? stringList() : undefined
  }

  function fits(given: Value | undefined, kind: Kind, what: string): Value {
    if (kind === 'strings' && typeof given === 'string') return [given]
    const right =
      kind === 'strings'
        ? Array.isArray(given)
        : kind === 'string'
          ? typeof given === 'string'
          : typeof given === 'number'
    return right && given !== undefined ? given : fail(`${what} takes ${kind === 'strings' ? 'strings' : `a ${kind}`}`)
  }

  function need(extension: string | undefined, what: string, line: number): void {
    if (extension !== undefined && !extensions.has(extension)) fail(`${what} needs require "${extension}"`, line)
  }

  function args(name: string, shape: Shape, line: number): Pick<Node, 'tags' | 'positional'> {
    const tags = new Map<string, Value>()
    const given: Value[] = []
    for (;;) {
      const token = peek()
      if (token?.kind === 'tag') {
        const tag = shape.tags?.[token.text]
        if (!tag || tags.has(token.text)) return fail(`:${token.text} is not expected for ${name}`)
        need(tag.extension, `:${token.text}`, token.line)
        at++
        tags.set(token.text, tag.takes ? fits(value(), tag.takes, `:${token.text}`) : true)
        continue
      }
      const next = value()
      if (next === undefined) break
      given.push(next)
    }
    const kinds =
      shape.optionalFirst && given.length === shape.positional.length - 1 ? shape.positional.slice(1) : shape.positional
    if (given.length !== kinds.length) fail(`${name} takes ${kinds.length} arguments, not ${given.length}`, line)
    for (const group of EXCLUSIVE) {
      if (group.filter((tag) => tags.has(tag)).length > 1) fail(`${name}: only one of :${group.join(' :')}`, line)
    }
    const comparator = tags.get('comparator')
    if (typeof comparator === 'string' && !COMPARATORS.includes(comparator)) fail(`no comparator ${comparator}`, line)
    if (name === 'address') {
      for (const field of [given[0] ?? []].flat().map(String)) {
        const known = ADDRESS_FIELDS.has(field.toLowerCase()) || (extensions.has('variables') && field.includes('${'))
        if (!known) fail(`address: ${field} is no field of addresses`, line)
      }
    }
    // RFC 5229 3: namespaces belong to extensions, and none that has one is built.
    const namespace = extensions.has('variables') && NAMESPACE.exec([...tags.values(), ...given].flat().join('\n'))
    if (namespace) fail(`the namespace of ${namespace[0]} is not built`, line)
    if (name === 'size' && !tags.has('over') && !tags.has('under')) fail('size takes :over or :under', line)
    return { tags, positional: given.map((one, index) => fits(one, kinds[index] ?? 'string', name)) }
  }

  function test(depth: number): Node {
    const token = peek()
    if (token?.kind !== 'identifier') return fail('expected a test')
    const shape = Object.hasOwn(TESTS, token.text) ? TESTS[token.text] : undefined
    if (!shape) return fail(`there is no test ${token.text}`)
    if (depth > DEPTH) fail('too deep')
    need(shape.extension, token.text, token.line)
    at++
    const rest = args(token.text, shape, token.line)
    return { name: token.text, line: token.line, ...rest, tests: testsOf(shape, depth), block: [] }
  }

  function testsOf(shape: Shape, depth: number): readonly Node[] {
    if (shape.tests === undefined) return []
    if (shape.tests === 'one') return [test(depth + 1)]
    take('(')
    const list = [test(depth + 1)]
    while (isMark(',')) {
      at++
      list.push(test(depth + 1))
    }
    take(')')
    return list
  }

  function command(depth: number, before: Node | undefined): Node {
    const token = peek()
    if (token?.kind !== 'identifier') return fail('expected a command')
    const { text: name, line } = token
    const shape = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
    if (!shape) return fail(`there is no command ${name}`)
    if (depth > DEPTH) fail('too deep')
    if ((name === 'elsif' || name === 'else') && before?.name !== 'if' && before?.name !== 'elsif')
      fail(`${name} without if`)
    // RFC 5228 3.2: require comes first.
    if (name === 'require' && (depth > 0 || (before !== undefined && before.name !== 'require')))
      fail('require must come first')
    need(shape.extension, name, line)
    at++
    const rest = args(name, shape, line)
    if (name === 'require') {
      for (const extension of rest.positional.flat()) {
        if (!EXTENSIONS.some((known) => known === extension)) fail(`the extension ${extension} is not built`, line)
        extensions.add(String(extension))
      }
    }
    const tests = testsOf(shape, depth)
    if (!shape.block) {
      take(';')
      return { name, line, ...rest, tests, block: [] }
    }
    take('{')
    const block = commands(depth + 1)
    take('}')
    return { name, line, ...rest, tests, block }
  }

  function commands(depth: number): Node[] {
    const list: Node[] = []
    while (peek() && !isMark('}')) list.push(command(depth, list.at(-1)))
    return list
  }

  const all = commands(0)
  if (at < tokens.length) fail('a } too many')
  return { commands: all, extensions }
}
