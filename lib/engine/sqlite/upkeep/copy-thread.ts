import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { binding } from '../connection/binding'
import { flushFolder } from '../connection/create'
import { openConnection } from '../connection/open'
import { engineError } from '../errors'

/** A thread for one copy: it reads for as long as it takes, and nobody waits for it but who asked. */

function copy(file: string, to: string): void {
  // For nobody else's eyes; an empty file is taken for none.
  closeSync(openSync(to, 'wx', 0o600))
  try {
    // No prepared statements: with one, the package of Node 20 closes a connection only when its garbage is collected.
    const from = openConnection(file)
    try {
      from.exec(`VACUUM INTO '${to.replaceAll("'", "''")}'`)
    } finally {
      from.close()
    }
    const made = new (binding().DatabaseSync)(to)
    try {
      // As the file is that was copied: it is opened in its place one day.
      made.exec('PRAGMA journal_mode = WAL')
    } finally {
      made.close()
    }
    const descriptor = openSync(to, 'r')
    fsyncSync(descriptor)
    closeSync(descriptor)
    flushFolder(path.dirname(to))
  } catch (error) {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${to}${end}`, { force: true })
    throw error
  }
}

const { file, to }: { readonly file: string; readonly to: string } = workerData
try {
  copy(file, to)
} catch (error) {
  parentPort?.postMessage(engineError(file, error).message)
}
