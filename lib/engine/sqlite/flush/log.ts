import { closeSync, fdatasync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import path from 'node:path'
import { flushFolder } from '../connection/create'

/** The write-ahead log of a file, by a descriptor of our own: it has no locks of SQLite that closing it could take away. */
export interface LogFile {
  /** octets, also of what was written back long ago */
  size(): number
  /** as many flushes as may run now */
  readonly free: number
  /** Only while one more is free. */
  flush(done: (error?: Error) => void): void
  /** Writes all of it once more, as it is. Only for whoever has SQLite's lock for writing. */
  rewrite(): void
  close(): void
}

const CHUNK = 1024 ** 2
/**
 * Flushes that run at once: a disk does two in the time of one, and all but half of Node's threads for files stay free for others. Each
 * has a descriptor of its own, since the kernel tells an error once to each.
 */
const AT_ONCE = 2

/** @param file has a connection that has read it, so that there is a log */
export function openLog(file: string): LogFile {
  const descriptor = openSync(`${file}-wal`, 'r+')
  const all = [descriptor]
  const close = (): void => {
    for (const one of all) closeSync(one)
  }
  try {
    while (all.length < AT_ONCE) all.push(openSync(`${file}-wal`, 'r+'))
    // Its name must survive as well; SQLite does that only when it flushes the log itself.
    flushFolder(path.dirname(file))
  } catch (error) {
    close()
    throw error
  }
  const free = [...all]
  return {
    size: () => fstatSync(descriptor).size,
    get free() {
      return free.length
    },
    flush(done) {
      const one = free.pop()
      if (one === undefined) throw new Error('no flush is free')
      fdatasync(one, (error) => {
        free.push(one)
        done(error ?? undefined)
      })
    },
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
    close,
  }
}
