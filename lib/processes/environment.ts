import { open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb'

/**
 * An LMDB environment that all processes of a host share. Without lmdb-js's batches of an event turn: each would be a promise
 * in nobody's hands, whose rejection (a full disk) is the end of the process. What belongs together is written in a transaction.
 */
export const openEnvironment = (options: RootDatabaseOptionsWithPath): RootDatabase =>
  open({ noSubdir: false, eventTurnBatching: false, ...options })

/** Waits for a write. lmdb-js rejects a commit before it knows why; the reason comes by a second promise. */
export async function settled<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    if (typeof error === 'object' && error !== null && 'commitError' in error) await error.commitError
    throw error
  }
}
