import { failed } from './fault'

/** Thrown when something that this server stands on cannot be used now. A library's own error is wrapped where it is known. */
export class Unavailable extends Error {
  override readonly name: string = 'Unavailable'
}

/**
 * What is stored contradicts itself or what the program takes for granted: damage, or a bug. No other try helps, so it is none of what
 * cannot be used now: a bug to all protocols, which the log tells once in a while.
 */
export class Contradiction extends Error {
  override readonly name = 'Contradiction'
}

/** By its name too: a store driver of another package has a class of its own. */
export const isUnavailable = (error: unknown): error is Error =>
  error instanceof Unavailable || (error instanceof Error && error.name === 'StoreUnavailable')

/** The fault of what cannot be used now; a bug is thrown again. */
export function unavailable(error: unknown) {
  if (!isUnavailable(error)) throw error
  return failed({ kind: 'unavailable', why: error.message } as const)
}

/** What an error says: anything may be thrown. */
export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** What an error says and where it was thrown: for the log of bugs. */
export const traceOf = (error: unknown): string => (error instanceof Error && error.stack) || textOf(error)

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
