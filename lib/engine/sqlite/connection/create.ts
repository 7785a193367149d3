import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, linkSync, mkdirSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { isSystemError } from '../errors'
import { binding } from './binding'

/** The names in a folder are on the disk. */
export function flushFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

export const makeFolder = (folder: string): void => void mkdirSync(folder, { recursive: true, mode: 0o700 })

/** The names of a folder and of all above it survive a power cut, whoever has made them, and however short ago. */
function flushAbove(folder: string): void {
  for (let at = folder; at !== path.dirname(at); at = path.dirname(at)) {
    try {
      flushFolder(path.dirname(at))
    } catch (error) {
      // A folder of others, which lets nobody read its names, or cannot be flushed.
      if (!isSystemError(error) || !(error.code === 'EACCES' || error.code === 'EINVAL')) throw error
    }
  }
}

/** A new file is made beside its place and put there whole, so that an empty one is never taken for a new one. */
export function createFile(file: string, schema: readonly string[]): void {
  // First: where there is a file, its folders survive.
  flushAbove(path.dirname(file))
  // A name that no other process has at work.
  const draft = `${file}.new-${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    closeSync(openSync(draft, 'wx', 0o600))
    const connection = new (binding().DatabaseSync)(draft)
    try {
      // No prepared statement here: with one, the package of Node 20 closes a connection only when its garbage is collected.
      const version = `PRAGMA user_version = ${schema.length}`
      connection.exec(['PRAGMA auto_vacuum = INCREMENTAL', 'PRAGMA journal_mode = WAL', ...schema, version].join(';'))
      // Here a full disk is an error; when a connection closes it is not, and the log would stay behind.
      connection.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    } finally {
      connection.close()
    }
    try {
      linkSync(draft, file)
    } catch (error) {
      // Another process was first, with the same schema.
      if (!existsSync(file)) throw error
    }
  } finally {
    for (const end of ['', '-wal', '-shm', '-journal']) rmSync(`${draft}${end}`, { force: true })
  }
}
