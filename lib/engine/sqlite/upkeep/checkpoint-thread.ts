import { parentPort } from 'node:worker_threads'
import type { Connection } from '../connection/connection'
import { openConnection } from '../connection/open'
import { isIoError } from '../errors'

/** Writes logs back to their files while others read and write: two flushes of the disk, for which nobody waits here. */

/** `end`: nobody in this process has the file open any more. */
export interface CheckpointOrder {
  readonly file: string
  readonly end: boolean
}
/**
 * `opened`: nothing was written back, for the kernel does not tell a new descriptor what could not be flushed before. `done`: or
 * somebody else is at it, or whoever needs the file will say what is wrong.
 */
export type Checkpointed = 'done' | 'opened' | 'io-error'
export interface CheckpointAnswer {
  readonly file: string
  readonly checkpointed: Checkpointed
}

const files = new Map<string, Connection>()

function checkpoint(file: string): Checkpointed {
  const connection = files.get(file)
  if (!connection) {
    files.set(file, openConnection(file))
    return 'opened'
  }
  // Without a prepared statement: with one, the package of Node 20 closes a connection only when its garbage is collected.
  connection.exec('PRAGMA wal_checkpoint(PASSIVE)')
  return 'done'
}

function end(file: string): Checkpointed {
  files.get(file)?.close()
  files.delete(file)
  return 'done'
}

function take({ file, end: isEnd }: CheckpointOrder): Checkpointed {
  try {
    return isEnd ? end(file) : checkpoint(file)
  } catch (error) {
    return isIoError(error) ? 'io-error' : 'done'
  }
}

parentPort?.on('message', (order: CheckpointOrder) => {
  const answer: CheckpointAnswer = { file: order.file, checkpointed: take(order) }
  parentPort?.postMessage(answer)
})
