/** What one run of a job may take. */
export interface Budget {
  /** milliseconds of CPU; of wall clock five times as much, for a machine that is busy */
  readonly time: number
  /** octets that go into the thread, and that come out of it */
  readonly octetsIn: number
  readonly octetsOut: number
}

/**
 * Work that a message, a script or a query decides the size of: a pure function of its input, which a thread finds by its file
 * and name. Input and output are what v8.serialize knows, and flat: a tree of many objects costs the loop more than it saves.
 */
export interface Job<In, Out> {
  readonly file: string
  readonly run: (input: In) => Out | Promise<Out>
  readonly budget: Budget
}

/**
 * @param file of the function: `__filename`
 * @param run exported by that file under its own name
 */
export const defineJob = <In, Out>(
  file: string,
  run: (input: In) => Out | Promise<Out>,
  budget: Budget,
): Job<In, Out> => ({ file, run, budget })

/** Why there is no result. A job that throws is a bug, and rejects. */
export type WorkFault =
  | { readonly kind: 'over-budget'; readonly what: 'time' | 'octets' | 'memory' }
  /** too much waits already, in all or of this caller, or it waited too long */
  | { readonly kind: 'busy' }

/** A `Result` of lib/terms, which is no room below this one. */
export type WorkResult<Out> =
  | { readonly ok: true; readonly value: Out }
  | { readonly ok: false; readonly fault: WorkFault }

/** What a thread is told, and what it answers. */
export interface Task {
  readonly file: string
  readonly name: string
  /** the value itself when `isRaw`, or serialized */
  readonly input: Uint8Array
  readonly isRaw: boolean
  readonly octetsOut: number
}
export type Answer =
  | { readonly kind: 'ready'; readonly thread: number | undefined }
  | { readonly kind: 'done'; readonly output: Uint8Array }
  | { readonly kind: 'too-big' }
  | { readonly kind: 'thrown'; readonly error: Error }
