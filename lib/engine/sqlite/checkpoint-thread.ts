import { parentPort } from 'node:worker_threads'
import { type Sql, sqlOn } from './connection'
import { openConnection } from './open'

/** Writes logs back to their files while others read and write: two flushes of the disk, for which nobody waits here. */

const files = new Map<string, Sql>()

function checkpoint(file: string): void {
  let sql = files.get(file)
  if (!sql) {
    sql = sqlOn(openConnection(file))
    files.set(file, sql)
  }
  sql.all('PRAGMA wal_checkpoint(PASSIVE)')
}

parentPort?.on('message', ({ file, end }: { readonly file: string; readonly end: boolean }) => {
  try {
    if (end) files.delete(file)
    else checkpoint(file)
  } catch {
    // Somebody else is at it, or the file is gone: whoever needs it will say so.
  }
  parentPort?.postMessage(file)
})
