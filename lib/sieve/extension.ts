import type { Action, Remembered, Store } from './action'
import type { Budget } from './budget'
import type { SieveMessage } from './message'
import type { Included, Value } from './values'
import type { Envelope, Scan } from './world'

export type Kind = 'string' | 'strings' | 'number'
interface TagShape {
  readonly takes?: Kind
}
export type Tags = Readonly<Record<string, TagShape>>

/** What a check may ask of the script that is read. */
export interface Check {
  /** of what `require` named */
  has(capability: string): boolean
  /** whether the text is known now: it holds no variables */
  constant(text: string): boolean
  /** of variables that may be named */
  readonly namespaces: ReadonlySet<string>
  /** RFC 6609: it must be there before the script runs */
  include(wanted: Included): void
  /** what reading the script takes; too much of it is a mistake */
  cost(instructions: number): void
  /** the commands of this name that stand around, outermost first */
  within(command: string): readonly Arguments[]
  /** RFC 5463 */
  isBuilt(capability: string): boolean
  require(capability: string): void
  fail(why: string): never
}

/** What a command or a test takes. */
interface Definition {
  readonly positional: readonly Kind[]
  /** positional arguments that may be left out: the first (imap4flags: the variable) or the last */
  readonly optional?: 'first' | 'last'
  readonly tags?: Tags
  /** of each group one tag at most */
  readonly exclusive?: readonly (readonly string[])[]
  readonly tests?: 'one' | 'list'
  /** takes a match type and a comparator (RFC 5228 2.7) */
  readonly matching?: boolean
  /** takes a part of an address (RFC 5228 2.7.4) */
  readonly addressPart?: boolean
  check?(node: Arguments, check: Check): void
}

export interface TestDefinition extends Definition {
  test(node: TestNode, run: Run): boolean
}

/** How a command ends something beside itself. */
export type Leave = { readonly kind: 'stop' } | { readonly kind: 'return' } | { readonly kind: 'break'; name: string }

export interface CommandDefinition extends Definition {
  readonly block?: boolean
  /** RFC 5228 2.10.2: it takes the place of the implicit keep */
  readonly cancelsKeep?: boolean
  run(node: CommandNode, run: Run): Leave | undefined
}

export interface Comparator {
  /** for `:is`, `:contains` and `:matches`, character by character; undefined: it has no such comparison */
  fold(text: string): string | undefined
  equal(a: string, b: string): boolean
  /** below 0: a comes first (RFC 5231) */
  order(a: string, b: string): number
}

export interface Comparison {
  readonly values: readonly string[]
  readonly keys: readonly string[]
  readonly comparator: Comparator
  /** of the comparator, made once a text, and counted */
  fold(text: string): string | undefined
  /** what stands behind the tag */
  readonly argument: string
  readonly budget: Budget
}
export interface MatchType extends TagShape {
  check?(node: Arguments, check: Check): void
  /** @returns what match variables are set to, `${0}` first; empty: they stay; undefined: no match */
  compare(comparison: Comparison): readonly string[] | undefined
}

/** The arguments of a command or a test, checked. */
export interface Arguments {
  readonly name: string
  readonly line: number
  readonly tags: ReadonlyMap<string, Value>
  readonly positional: readonly Value[]
  readonly tests: readonly TestNode[]
}
export interface TestNode extends Arguments {
  readonly definition: TestDefinition
}
export interface CommandNode extends Arguments {
  readonly definition: CommandDefinition
  readonly block: readonly CommandNode[]
}

export interface Script {
  readonly commands: readonly CommandNode[]
  /** what `require` named, with what that implies */
  readonly required: ReadonlySet<string>
  /** those of them that are built, and the core */
  readonly extensions: readonly Extension[]
  readonly includes: readonly Included[]
}

/** What a script can ask beside the message. All of it is known before the script runs, but for `isRemembered`. */
export interface World {
  readonly envelope: Envelope
  /** milliseconds since 1970 */
  readonly now: number
  /** minutes east of UTC at that time, of the server */
  readonly zone: (at: number) => number
  /** name of this server */
  readonly host: string
  readonly version: string
  readonly scan: Scan
  /** separators of a detail in local parts (RFC 5233); empty: there are none */
  readonly separators: string
  /** addresses that the message may be redirected to */
  readonly maxRedirects: number
  readonly mailboxes: readonly { readonly name: string; readonly specialUse: readonly string[] }[]
  readonly script: (wanted: Included) => Script | Error | undefined
  /** RFC 7352; undefined: not known yet */
  readonly isRemembered: (what: string) => boolean | undefined
}

/** RFC 5228 2.7.4; undefined: the address has no such part, and is not compared */
type AddressPart = (localPart: string, domain: string | undefined, world: World) => string | undefined

/** A thing that each run keeps for an extension. */
export function slot<T>(make: () => T): (run: Run) => T {
  const kept = new WeakMap<Run, T>()
  return (run) => {
    const known = kept.get(run)
    if (known !== undefined) return known
    const made = make()
    kept.set(run, made)
    return made
  }
}

/** RFC 5229: names are compared without case. */
export interface Variables {
  set(name: string, value: string): void
  get(name: string): string
}

/** A running script, as commands and tests see it. */
export interface Run {
  readonly budget: Budget
  readonly world: World
  /** the one that runs, which another may include */
  readonly script: Script
  /** as it is now (RFC 5293) */
  readonly message: SieveMessage
  readonly actions: Action[]
  readonly remember: Remembered[]
  /** a string with its variables put in */
  say(value: Value | undefined): string
  sayAll(value: Value | undefined): readonly string[]
  /** variables of a namespace; '' those of the script */
  variables(namespace: string): Variables
  /** RFC 5229 4.1 */
  modified(text: string, modifiers: readonly string[]): string
  test(node: TestNode): boolean
  block(nodes: readonly CommandNode[]): Leave | undefined
  /** RFC 6609 3.2 */
  call(script: Script): Leave | undefined
  /** @param sets whether match variables are set (RFC 5229 3.2) */
  compare(node: Arguments, values: readonly string[], keys: readonly string[], sets?: boolean): boolean
  /** values of fields in latin1, as the tags of this test choose them */
  rawFields(node: TestNode, names: readonly string[]): readonly string[]
  /** the same, decoded */
  fields(node: TestNode, names: readonly string[]): readonly string[]
  /** of addresses, the part that the tags choose */
  parts(node: Arguments, addresses: readonly string[]): readonly string[]
  /** @param node undefined: the implicit keep */
  store(node: CommandNode | undefined, mailbox: string | undefined): undefined
  /** The message is kept unless another command stores it (RFC 5228 2.10.2). */
  cancelKeep(): void
}

/** One capability: a file of lib/sieve/ext, and a line in lib/sieve/extensions.ts. */
export interface Extension {
  /** as `require` names it; undefined: the core, which needs no `require` */
  readonly capability: string | undefined
  readonly rfc: string
  /** capabilities that it brings along */
  readonly implies?: readonly string[]
  readonly commands?: Readonly<Record<string, CommandDefinition>>
  readonly tests?: Readonly<Record<string, TestDefinition>>
  /** tags that it adds to commands and tests of others, by their names */
  readonly tags?: Readonly<Record<string, Tags>>
  readonly matchTypes?: Readonly<Record<string, MatchType>>
  readonly comparators?: Readonly<Record<string, Comparator>>
  readonly addressParts?: Readonly<Record<string, AddressPart>>
  /** RFC 5229 4.1: for `set`, by tag; a higher one comes first */
  readonly modifiers?: Readonly<Record<string, { readonly precedence: number; apply(text: string): string }>>
  /** a string as the script has it, when it is read */
  literal?(text: string, fail: (why: string) => never, namespaces: ReadonlySet<string>): string
  /** a string when it is used; undefined: as it is */
  expand?(text: string, run: Run): string
  /** variables of a namespace (RFC 5229 3) */
  readonly namespaces?: Readonly<Record<string, (run: Run) => Variables>>
  /** what a command that was given with the tags of this extension checks */
  checkTags?(node: Arguments, check: Check): void
  /** what becomes of a message that is stored */
  onStore?(node: CommandNode | undefined, run: Run, store: Store): Store
  /** whether this command, which else cancels the implicit keep, leaves it */
  keeps?(node: CommandNode): boolean
  /** other values of a field (latin1) than those of the message's header; undefined: those */
  source?(node: TestNode, run: Run, name: string): readonly string[] | undefined
  /** chooses of the values of a field */
  select?(node: TestNode, values: readonly string[]): readonly string[]
  /** other text of such a value than all of it, decoded; undefined: that */
  shape?(node: TestNode, raw: string, run: Run): readonly string[] | undefined
  /** hears of what a match type found for match variables */
  onMatch?(run: Run, found: readonly string[]): void
}
