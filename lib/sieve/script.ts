import type { CommandDefinition, Extension, TestDefinition } from './extension'

export type Value = string | readonly string[] | number | true

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

/** RFC 6609 3.2: a script that another one runs. */
export interface Included {
  readonly location: 'personal' | 'global'
  readonly name: string
}

export interface Script {
  readonly commands: readonly CommandNode[]
  /** what `require` named, with what that implies */
  readonly required: ReadonlySet<string>
  /** those of them that are built, and the core */
  readonly extensions: readonly Extension[]
  readonly includes: readonly Included[]
}

export const textOf = (value: Value | undefined): string => (typeof value === 'string' ? value : '')
export const textsOf = (value: Value | undefined): readonly string[] =>
  Array.isArray(value) ? value : typeof value === 'string' ? [value] : []
export const numberOf = (value: Value | undefined): number => (typeof value === 'number' ? value : 0)
