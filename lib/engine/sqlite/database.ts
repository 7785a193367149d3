import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { Unavailable } from '../../terms/errors'
import { type Connection, type Sql, sqlOn } from './connection'
import { openConnection } from './open'
import type { Durability, Operations, Program } from './program'
import { writerThread } from './writer'

/** One SQLite file: read here, written in the writer thread. */
export interface Database<Ops extends Operations> {
  /** absolute */
  readonly file: string
  /** Reads what is committed, by any process, at the moment of each call. Throws the engine's errors. */
  readonly read: Sql
  /**
   * Runs an operation of the program in a transaction.
   * @param moved buffers of `values` that are given away, not copied
   * Rejects with `Unavailable` when the engine or the disk refuse; with what the operation threw.
   */
  write<K extends keyof Ops & string>(
    name: K,
    values: Parameters<Ops[K]>,
    durability?: Durability,
    moved?: readonly ArrayBuffer[],
  ): Promise<Awaited<ReturnType<Ops[K]>>>
  /** What was written is on the disk then. */
  close(): Promise<void>
}

let opened = 0

/**
 * Opens a file, which is made when it is missing, as is its folder.
 * Rejects with `Unavailable` that names the file when it is damaged.
 */
export async function openDatabase<Ops extends Operations>(
  file: string,
  program: Program<Ops>,
): Promise<Database<Ops>> {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  const thread = writerThread()
  opened += 1
  const database = opened
  let closed = false
  /** by the thread that runs now: it may have ended since */
  let opening: { readonly generation: number; readonly done: Promise<unknown> } | undefined

  async function ready(): Promise<void> {
    if (opening?.generation !== thread.generation) {
      const done = thread.ask({ kind: 'open', database, file, program: program.file })
      opening = { generation: thread.generation, done }
    }
    try {
      await opening?.done
    } catch (error) {
      opening = undefined
      throw error
    }
  }
  await ready()
  let connection: Connection | undefined = openConnection(file, { readOnly: true })
  const read = sqlOn(connection)
  return {
    file,
    read,
    async write(name, values, durability = 'durable', moved = []) {
      if (closed) throw new Unavailable(`${file} is closed`)
      if (opening?.generation !== thread.generation) await ready()
      const value = await thread.ask({ kind: 'write', database, name, values, durability }, moved)
      // Of the operation of this name.
      return value as never
    },
    async close() {
      if (closed) return
      closed = true
      await thread.ask({ kind: 'close', database }).catch(() => undefined)
      connection?.close()
      connection = undefined
    },
  }
}
