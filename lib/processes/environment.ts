import { type Database, open, type RootDatabase, type RootDatabaseOptionsWithPath } from 'lmdb'
import { Unavailable } from '../terms/errors'

/**
 * Entries of lists of free pages that a process reads and keeps (lmdb-js's own: 50,000 and 75,000). All that it keeps is checked at
 * each commit: with a list that one removal of 16,000 messages had left, each write took 100 ms.
 */
const FREE_SPACE = { maxFreeSpaceToLoad: 5000, maxFreeSpaceToRetain: 7500 }

/**
 * An LMDB environment that all processes of a host share. Without lmdb-js's batches of an event turn: each would be a promise
 * in nobody's hands, whose rejection (a full disk) is the end of the process. What belongs together is written in a transaction.
 */
export const openEnvironment = (options: RootDatabaseOptionsWithPath): RootDatabase => {
  // lmdb-js hands it to mdb_env_open, and its types do not know it: mail and hashes are for this user alone.
  const own = { permissionsMode: 0o600 }
  return open({ noSubdir: false, eventTurnBatching: false, ...FREE_SPACE, ...own, ...options })
}

/** milliseconds in which what was committed before a failure may still reach the disk */
const GRACE = 2000

/**
 * Waits until what was committed is on the disk. When a later commit of the same run fails (a full disk), lmdb-js forgets who waits for
 * those before it: `failed` ends their wait, for whether they are on the disk is not known.
 */
export function diskOf(root: RootDatabase) {
  const waiting = new Set<(error: Error) => void>()
  return {
    reached: (): Promise<void> =>
      new Promise((resolve, reject) => {
        waiting.add(reject)
        const done = (settle: () => void) => (): void => {
          waiting.delete(reject)
          settle()
        }
        root.flushed.then(
          done(resolve),
          done(() => reject(new Error('the disk could not be written'))),
        )
      }),
    /** A write failed. */
    failed(): void {
      const then = [...waiting]
      if (then.length === 0) return
      setTimeout(() => {
        for (const reject of then)
          if (waiting.delete(reject)) reject(new Error('it is not known whether it is on the disk'))
      }, GRACE)
    },
  }
}

/** lmdb-js rejects a commit before it knows why; the reason comes by a second promise. */
async function reasonOf(error: unknown): Promise<unknown> {
  if (typeof error !== 'object' || error === null || !('commitError' in error)) return error
  try {
    await error.commitError
    return error
  } catch (reason) {
    return reason
  }
}

/** Waits for a write. What the engine or the disk refused (their errors have numbers) is `Unavailable`; the rest is a bug. */
export async function settled<T>(write: PromiseLike<T>): Promise<T> {
  try {
    return await write
  } catch (error) {
    const reason = await reasonOf(error)
    const refused = reason instanceof Error && 'code' in reason && typeof reason.code === 'number'
    throw refused ? new Unavailable(reason.message) : reason
  }
}

/** values kept decoded */
const MOST_DECODED = 5000

/**
 * Reads of records that nearly every command looks at: the octets are read each time, and decoded when they are others than
 * the last time. Nobody may change what it gives.
 */
export function decodedOnce<V, K extends string | Buffer>(table: Database<V, K>): (key: K) => V | undefined {
  const decoded = new Map<string, { readonly octets: Buffer; readonly value: V }>()
  return (key) => {
    const name = typeof key === 'string' ? key : key.toString('latin1')
    // What lmdb-js gives lasts until the next read, and is longer than its `length`.
    const view = table.getBinaryFast(key)
    if (!view) {
      decoded.delete(name)
      return undefined
    }
    const known = decoded.get(name)
    if (known?.octets.compare(view, 0, view.length) === 0) return known.value
    const octets = Buffer.from(view.subarray(0, view.length))
    const value = table.get(key)
    if (value === undefined) return undefined
    if (decoded.size >= MOST_DECODED) decoded.clear()
    decoded.set(name, { octets, value })
    return value
  }
}
