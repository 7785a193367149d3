import { closeSync, openSync, rmSync, statSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { Unavailable } from '../../../terms/errors'
import { binding } from '../connection/binding'
import type { Connection } from '../connection/connection'
import { engineError, isBusy, isSystemError } from '../errors'

/** milliseconds that the others may take */
const PATIENCE = 60_000

function make(file: string): void {
  // It is never written: nobody can have a lock on something else.
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 0) rmSync(file, { force: true })
  try {
    closeSync(openSync(file, 'wx', 0o600))
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error
  }
}

/** @returns a connection that has the lock; undefined: another one has it */
function enter(file: string): Connection | undefined {
  const connection = new (binding().DatabaseSync)(file)
  try {
    connection.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return connection
  } catch (error) {
    connection.close()
    if (isBusy(error)) return undefined
    throw engineError(file, error)
  }
}

/**
 * Takes what one process of the host may have. The lock is SQLite's own, which ends with its process.
 * @param file empty, for this alone; made when it is missing, and it stays
 * @returns gives it back; undefined: another one has it
 */
export function takeAlone(file: string): (() => void) | undefined {
  make(file)
  const lock = enter(file)
  return lock && (() => lock.close())
}

/**
 * Runs one after another over all processes of the host. Rejects with `Unavailable` when others do not end.
 * @param file as for `takeAlone`
 */
export async function oneAtATime<T>(file: string, run: () => Promise<T>): Promise<T> {
  const end = performance.now() + PATIENCE
  let lock = takeAlone(file)
  while (!lock) {
    if (performance.now() > end) throw new Unavailable(`${file}: another process does not end what it does`)
    await pause(5 + 15 * Math.random())
    lock = takeAlone(file)
  }
  try {
    return await run()
  } finally {
    lock()
  }
}
