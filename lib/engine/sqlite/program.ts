import type { Sql } from './connection/connection'

/** What may be asked of a program: its operations by name. Arguments and values are what structured cloning knows. */
// biome-ignore lint/suspicious/noExplicitAny: the parameters of an operation are its own
export type Operations = Record<string, (...values: any[]) => unknown>

/**
 * What the writer thread does with one kind of file. Each operation is one step of a transaction: it checks before it writes, and a
 * throw takes back what it wrote. The thread finds it by its file: `export const program`.
 */
export interface Program<Ops extends Operations> {
  readonly file: string
  /** one text of SQL a version of the schema; a step is never changed once it was released */
  readonly schema: readonly string[]
  readonly operations: (sql: Sql) => Ops
  /** false: nothing of it outlives the boot, so that nothing waits for the disk, and `durable` is as `visible` */
  readonly flushed: boolean
}

/** @param file of the program: `__filename` */
export const defineProgram = <Ops extends Operations>(
  file: string,
  schema: readonly string[],
  operations: (sql: Sql) => Ops,
  { flushed = true }: { readonly flushed?: boolean } = {},
): Program<Ops> => ({ file, schema, operations, flushed })

/**
 * `durable`: the answer comes when it is on the disk. `visible`: when everybody can read it; it is on the disk within a second. With
 * `quick-`: so small (well below a millisecond) that it may run on the event loop when nobody else writes.
 */
export type Durability = 'durable' | 'visible' | 'quick-durable' | 'quick-visible'

export const isDurable = (durability: Durability): boolean => durability.endsWith('durable')
export const isQuick = (durability: Durability): boolean => durability.startsWith('quick-')

/** How the writes of one file are grouped, flushed and written back. */
export interface LaneSettings {
  /** milliseconds of work in one transaction: others may want to write too */
  readonly group: number
  /** milliseconds for which another process may keep a write waiting */
  readonly patience: number
  /** milliseconds within which what is only visible comes to the disk */
  readonly behind: number
  /** octets of the log beyond which it is written back to the file */
  readonly log: number
  /** milliseconds without a write after which the file is put in order */
  readonly idle: number
  /** free pages beyond which some go back to the file system in idle time */
  readonly free: number
}

/** What the thread is asked. */
export type Request =
  /** the thread and the program are there before a file is opened */
  | { readonly kind: 'load'; readonly id: number; readonly program: string }
  | {
      readonly kind: 'open'
      readonly id: number
      readonly database: number
      readonly file: string
      readonly program: string
      /** look through all of it first, if nobody has it open */
      readonly check: boolean
      readonly settings: Partial<LaneSettings>
    }
  | { readonly kind: 'close'; readonly id: number; readonly database: number }
  /** of what others of this process wrote something may be missing on the disk */
  | { readonly kind: 'doubt'; readonly id: number; readonly database: number }
  /** brings to the disk what was written elsewhere in this process */
  | { readonly kind: 'flush'; readonly id: number; readonly database: number }
  | {
      readonly kind: 'write'
      readonly id: number
      readonly database: number
      readonly name: string
      readonly values: readonly unknown[]
      readonly durability: Durability
    }

/** How a request ended. `refused`: the engine or the disk did not let it; `damaged`: `Damaged`; `contradiction`: `Contradiction`; `thrown`: a bug. */
export type Ending =
  | { readonly kind: 'done'; readonly value: unknown }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'damaged'; readonly file: string; readonly why: string }
  | { readonly kind: 'contradiction'; readonly why: string }
  | { readonly kind: 'thrown'; readonly error: Error }
export type Answer = { readonly id: number; readonly ending: Ending }
