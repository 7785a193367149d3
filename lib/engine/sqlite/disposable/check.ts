import { statSync } from 'node:fs'
import { textOf } from '../../../terms/errors'
import { binding } from '../connection/binding'
import type { Connection } from '../connection/connection'
import { Damaged, engineError, isBusy, sqliteCode } from '../errors'

/** Octets of a file beyond which it is not checked: 100 MB take 0.1 s where they are in memory. */
const MOST = 256 * 1024 ** 2

const CONSTRAINT = 19

// Whoever has it open, in any process, is in the way of this lock.
const ALONE = 'PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN IMMEDIATE; COMMIT'
// Without a prepared statement: with one, the package of Node 20 closes a connection only when its garbage is collected.
const CHECK = `
PRAGMA temp_store = MEMORY;
CREATE TEMP TABLE findings (text);
CREATE TEMP TRIGGER finding BEFORE INSERT ON findings BEGIN SELECT RAISE(ABORT, NEW.text); END;
INSERT INTO findings SELECT quick_check FROM pragma_quick_check WHERE quick_check <> 'ok' LIMIT 1`

/** SQLite puts a heading and up to a hundred findings into one text: the first says enough for a line of a log. */
const firstOf = (findings: string): string => findings.split('\n').find((line) => !line.startsWith('***')) ?? findings

/**
 * Looks through all of a file, if nobody has it open: whoever opened it first did so. Throws `Damaged`.
 * SQLite's quick check: pages, rows and their order, not what is in an index.
 */
export function checkAlone(file: string): void {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  if (size === 0 || size > MOST) return
  let connection: Connection | undefined
  try {
    connection = new (binding().DatabaseSync)(file)
    connection.exec(ALONE)
    connection.exec(CHECK)
  } catch (error) {
    if (isBusy(error)) return
    throw sqliteCode(error) === CONSTRAINT ? new Damaged(file, firstOf(textOf(error))) : engineError(file, error)
  } finally {
    connection?.close()
  }
}
