import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { flushFolder } from './create'

/** The write-ahead log of a file, by a descriptor of our own: it has no locks of SQLite that closing it could take away. */
export interface LogFile {
  /** octets, also of what was written back long ago */
  size(): number
  flush(done: (error?: Error) => void): void
  /** Writes all of it once more, as it is. Only for whoever has SQLite's lock for writing. */
  rewrite(): void
  close(): void
}

const CHUNK = 1024 ** 2

/** @param file has a connection that has read it, so that there is a log */
export function openLog(file: string): LogFile {
  const descriptor = openSync(`${file}-wal`, 'r+')
  try {
    // Its name must survive as well; SQLite does that only when it flushes the log itself.
    flushFolder(path.dirname(file))
  } catch (error) {
    closeSync(descriptor)
    throw error
  }
  return {
    size: () => fstatSync(descriptor).size,
    flush: (done) => fdatasync(descriptor, (error) => done(error ?? undefined)),
    rewrite() {
      const chunk = Buffer.allocUnsafe(CHUNK)
      for (let at = 0; ; ) {
        const read = readSync(descriptor, chunk, 0, CHUNK, at)
        if (read === 0) return
        for (let written = 0; written < read; ) {
          written += writeSync(descriptor, chunk, written, read - written, at + written)
        }
        at += read
      }
    },
    close: () => closeSync(descriptor),
  }
}
