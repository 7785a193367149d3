import { closeSync, openSync, statSync, unlinkSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Unavailable } from '../../../terms/errors'
import { binding } from '../binding'
import type { Connection } from '../connection'
import { engineError, isBusy } from '../errors'

/** milliseconds that the others may take */
const PATIENCE = 60_000

const inodeOf = (file: string): number | undefined => statSync(file, { throwIfNoEntry: false })?.ino

function make(file: string): void {
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (inodeOf(file) === undefined) throw error
  }
}

/** @returns a connection that has the lock; undefined: others have it, or have taken the file away */
function enter(file: string): Connection | undefined {
  make(file)
  const inode = inodeOf(file)
  let connection: Connection | undefined
  try {
    connection = new (binding().DatabaseSync)(file)
    connection.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    if (inode !== undefined && inodeOf(file) === inode) return connection
  } catch (error) {
    if (!isBusy(error)) throw engineError(file, error)
  }
  connection?.close()
  return undefined
}

const leave = (file: string, lock: Connection): void => {
  unlinkSync(file)
  lock.close()
}

/**
 * Takes what one process of the host may have. The lock is SQLite's own, on an empty file, so that it ends with its process; whoever
 * has it takes the file away at the end.
 * @returns gives it back; undefined: another one has it
 */
export function takeAlone(file: string): (() => void) | undefined {
  const lock = enter(file)
  return lock && (() => leave(file, lock))
}

/**
 * Runs one after another over all processes of the host.
 * Rejects with `Unavailable` when others do not end.
 */
export async function oneAtATime<T>(file: string, run: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE
  let lock = enter(file)
  while (!lock) {
    if (performance.now() > end) throw new Unavailable(`${file}: another process does not end what it does`)
    await pause(5 + 15 * Math.random())
    lock = enter(file)
  }
  try {
    return await run()
  } finally {
    leave(file, lock)
  }
}
