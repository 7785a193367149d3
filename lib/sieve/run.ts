import type { Action, Outcome, Remembered, Store } from './action'
import type { Budget } from './budget'
import { ALWAYS } from './ext/language/comparators'
import type { Arguments, CommandNode, Comparator, Extension, Leave, Run, Script, Variables, World } from './extension'
import { EXTENSIONS } from './extensions'
import type { SieveMessage } from './message'
import { textOf, textsOf } from './values'

const MAX_TESTS = 10_000
const MAX_COMMANDS = 20_000
const MAX_ACTIONS = 32
/** Texts from which on the fold of a comparator is kept. */
const WORTH_KEEPING = 256
const FOLDS_KEPT = 1_000
/** Steps in which an address is taken apart. */
const PARTED = 6

/** The comparators that work without `require`. */
const always: readonly Extension[] = EXTENSIONS.filter(({ capability = '' }) => ALWAYS.has(capability))

/** What is asked of the extensions of a script again and again, found once. */
function createTable(extensions: readonly Extension[]) {
  const all = [...new Set([...extensions, ...always])]
  const merged = <T>(of: (extension: Extension) => Readonly<Record<string, T>> | undefined): ReadonlyMap<string, T> =>
    new Map(all.flatMap((extension) => Object.entries(of(extension) ?? {})))
  const hooks = <T>(of: (extension: Extension) => T | undefined): readonly T[] =>
    all.flatMap((extension) => of(extension) ?? [])
  return {
    matchTypes: merged((extension) => extension.matchTypes),
    comparators: merged((extension) => extension.comparators),
    addressParts: merged((extension) => extension.addressParts),
    modifiers: merged((extension) => extension.modifiers),
    namespaces: merged((extension) => extension.namespaces),
    expand: hooks((extension) => extension.expand),
    onStore: hooks((extension) => extension.onStore),
    keeps: hooks((extension) => extension.keeps),
    source: hooks((extension) => extension.source),
    select: hooks((extension) => extension.select),
    shape: hooks((extension) => extension.shape),
    onMatch: hooks((extension) => extension.onMatch),
  }
}
type Table = ReturnType<typeof createTable>
const tables = new WeakMap<Script, Table>()
function tableOf(script: Script): Table {
  const known = tables.get(script)
  if (known) return known
  const made = createTable(script.extensions)
  tables.set(script, made)
  return made
}

const firstOf = <T, R>(hooks: readonly T[], ask: (hook: T) => R | undefined): R | undefined => {
  for (const hook of hooks) {
    const got = ask(hook)
    if (got !== undefined) return got
  }
  return undefined
}

/** `local@domain`; without a domain it is whatever stands there. */
function parted(address: string): readonly [string, string | undefined] {
  const at = address.lastIndexOf('@')
  return at < 0 ? [address, undefined] : [address.slice(0, at), address.slice(at + 1)]
}

/**
 * Runs a script that was parsed. Throws when it goes over a limit or says something wrong: the message is then kept
 * (RFC 5228 2.10.6). Throws NotKnown when the world has to find something out first.
 */
export function runScript(main: Script, message: SieveMessage, world: World, budget: Budget): Outcome {
  const actions: Action[] = []
  const remember: Remembered[] = []
  const folds = new Map<Comparator, Map<string, string>>()
  let running = main
  let table = tableOf(main)
  let implicitKeep = true
  let tests = 0
  let commands = 0

  function foldWith(comparator: Comparator, text: string): string | undefined {
    const kept = folds.get(comparator) ?? new Map<string, string>()
    folds.set(comparator, kept)
    const known = kept.get(text)
    if (known !== undefined) return known
    budget.spend(4 + text.length / 8)
    const made = comparator.fold(text)
    if (made !== undefined && text.length >= WORTH_KEEPING && kept.size < FOLDS_KEPT) kept.set(text, made)
    return made
  }
  function compare({ tags }: Arguments, values: readonly string[], keys: readonly string[], sets = true): boolean {
    const comparator = table.comparators.get(textOf(tags.get('comparator')) || 'i;ascii-casemap')
    const [name, value] = [...tags].find(([tag]) => table.matchTypes.has(tag)) ?? ['is', true]
    const type = table.matchTypes.get(name)
    if (!comparator || !type) throw new Error(`no comparison :${name}`)
    const argument = textOf(value)
    budget.spend(1 + values.length + keys.length)
    const fold = (text: string): string | undefined => foldWith(comparator, text)
    const found = type.compare({ values, keys, comparator, fold, argument, budget })
    if (found && found.length > 0 && sets) for (const hear of table.onMatch) hear(run, found)
    return found !== undefined
  }

  function store(node: CommandNode | undefined, mailbox: string | undefined): undefined {
    const plain: Store = { kind: 'store', mailbox, flags: [], octets: message.edited() }
    const wanted = table.onStore.reduce<Store>((made, hook) => hook(node, run, made), plain)
    // RFC 5228 2.10.3: the same message goes into a mailbox once; the later flags count, and who makes the mailbox makes it.
    const same = (action: Action): boolean =>
      action.kind === 'store' && action.mailbox === mailbox && action.specialUse === wanted.specialUse
    const before = actions.findIndex(same)
    const [earlier] = before >= 0 ? actions.splice(before, 1) : []
    const creates = earlier?.kind === 'store' && earlier.create === true
    actions.push(creates ? { ...wanted, create: true } : wanted)
  }

  const run: Run = {
    budget,
    world,
    get script() {
      return running
    },
    message,
    actions,
    remember,
    say: (value) => table.expand.reduce((said, expand) => expand(said, run), textOf(value)),
    sayAll: (value) => textsOf(value).map((text) => run.say(text)),
    variables(namespace): Variables {
      const found = table.namespaces.get(namespace)
      if (!found) throw new Error(`there are no variables ${namespace}`)
      return found(run)
    },
    modified: (text, names) =>
      names
        .flatMap((name) => table.modifiers.get(name) ?? [])
        .toSorted((a, b) => b.precedence - a.precedence)
        .reduce((made, { apply }) => {
          budget.spend(1 + made.length / 8)
          return apply(made)
        }, text),
    test(node) {
      if (++tests > MAX_TESTS) throw new Error('the script has too many tests')
      return node.definition.test(node, run)
    },
    block,
    call(script) {
      const before = running
      running = script
      table = tableOf(script)
      const left = block(script.commands)
      running = before
      table = tableOf(before)
      return left
    },
    compare,
    rawFields: (node, names) => {
      const all = names.flatMap(
        (name) => firstOf(table.source, (source) => source(node, run, name)) ?? message.raw(name),
      )
      budget.spend(1 + all.length)
      return table.select.reduce<readonly string[]>((values, select) => select(node, values), all)
    },
    fields: (node, names) =>
      run
        .rawFields(node, names)
        .flatMap((raw) => firstOf(table.shape, (shape) => shape(node, raw, run)) ?? [message.decode(raw)]),
    parts: ({ tags }, addresses) => {
      const name = [...tags.keys()].find((tag) => table.addressParts.has(tag)) ?? 'all'
      const part = table.addressParts.get(name)
      budget.spend(PARTED * addresses.length)
      return addresses.flatMap((address) => part?.(...parted(address), world) ?? [])
    },
    store,
    cancelKeep() {
      implicitKeep = false
    },
  }

  function command(node: CommandNode): Leave | undefined {
    if (++commands > MAX_COMMANDS) throw new Error('the script has too many commands')
    if (node.definition.cancelsKeep && !table.keeps.some((keeps) => keeps(node))) implicitKeep = false
    const left = node.definition.run(node, run)
    if (actions.length > MAX_ACTIONS + world.maxRedirects) throw new Error('the script has too many actions')
    return left
  }
  function block(nodes: readonly CommandNode[]): Leave | undefined {
    let decided = false
    for (const node of nodes) {
      if (node.name === 'if') decided = false
      let left: Leave | undefined
      if (node.name === 'if' || node.name === 'elsif' || node.name === 'else') {
        if (decided || !node.tests.every(run.test)) continue
        decided = true
        left = block(node.block)
      } else left = command(node)
      if (left) return left
    }
    return undefined
  }

  block(main.commands)
  // RFC 5429 2.4: not together with what delivers or answers the message.
  if (actions.some(({ kind }) => kind === 'reject') && actions.length > 1)
    throw new Error('reject beside another action')
  if (implicitKeep) store(undefined, undefined)
  return { actions, remember }
}
