import { existsSync, renameSync, statSync } from 'node:fs'
import path from 'node:path'
import { Contradiction, textOf, Unavailable } from '../../../terms/errors'
import type { Log } from '../../../terms/ports'
import type { Sql } from '../connection/connection'
import { makeFolder } from '../connection/create'
import { type Database, openDatabase } from '../database'
import { Damaged, engineError } from '../errors'
import type { Durability, Operations, Program } from '../program'
import { writerThread } from '../writer/writer'
import { oneAtATime } from './one-at-a-time'

/** One SQLite file that is less than the service which uses it: when it is damaged, a new one takes its place. */
export interface Disposable<Ops extends Operations> {
  /**
   * Reads what is committed, by any process, at the moment of the call.
   * Throws `Unavailable`, `Damaged` (which names the file) among it.
   */
  read<T>(ask: (sql: Sql) => T): T
  /** As `Database.write`, without buffers that are given away. */
  write<K extends keyof Ops & string>(
    name: K,
    values: Parameters<Ops[K]>,
    durability: Durability,
  ): Promise<Awaited<ReturnType<Ops[K]>>>
  close(): Promise<void>
}

export interface DisposableOptions {
  readonly log: Log
  /** what is lost with it, for the log: `failed logins and lockouts` */
  readonly lost: string
}

/** milliseconds between two looks whether another process has put the file aside */
const LOOK = 1000
const ADVICE = 'at the next start it is put aside, and a new one is begun'

/** The log goes first: whoever finds it beside a new file would play it into that one. */
function putAside(file: string): string {
  const aside = `${file}.damaged-${new Date().toISOString().replace(/[-:.]/g, '')}`
  for (const part of ['-wal', '-shm', '']) if (existsSync(file + part)) renameSync(file + part, aside + part)
  return aside
}

function advised(file: string, error: unknown): unknown {
  if (error instanceof Contradiction) return new Damaged(file, error.message, ADVICE)
  return error instanceof Damaged ? new Damaged(error.file, error.why, ADVICE) : error
}

/**
 * Opens a file, which is made when it is missing. A damaged one is put aside as `<file>.damaged-<time>`, with its log, and a new one
 * begins, with one line in the log; whoever has the old one open goes over to the new one within a second.
 * Rejects with `Unavailable`.
 */
export async function openDisposable<Ops extends Operations>(
  file: string,
  program: Program<Ops>,
  { log, lost }: DisposableOptions,
): Promise<Disposable<Ops>> {
  async function openOrBegin(): Promise<Database<Ops>> {
    let opened: Database<Ops>
    try {
      opened = await openDatabase(file, program, { check: true })
    } catch (error) {
      if (!(error instanceof Damaged)) throw error
      const aside = putAside(file)
      log.error(`${file} is damaged (${error.why}): it was put aside as ${path.basename(aside)}. Lost: ${lost}`)
      opened = await openDatabase(file, program)
    }
    inode = statSync(file).ino
    looked = performance.now()
    return opened
  }

  async function open(): Promise<Database<Ops>> {
    try {
      makeFolder(path.dirname(file))
      // Before the others wait for this one.
      await writerThread('first').ask({ kind: 'load', program: program.file })
      return await oneAtATime(`${file}.opening`, openOrBegin)
    } catch (error) {
      throw engineError(file, error)
    }
  }

  let inode = 0
  let looked = 0
  let closed = false
  /** another process has put this file aside */
  let moved = false
  let opening: Promise<void> | undefined
  let database = await open()

  async function openAnew(): Promise<void> {
    try {
      await database.close()
      database = await open()
      moved = false
    } catch (error) {
      log.error(`${file} cannot be opened: ${textOf(error)}`)
    } finally {
      opening = undefined
    }
  }

  function look(): void {
    if (closed || opening !== undefined || performance.now() - looked < LOOK) return
    looked = performance.now()
    if (statSync(file, { throwIfNoEntry: false })?.ino === inode) return
    moved = true
    opening = openAnew()
  }

  function current(): Database<Ops> {
    if (moved) throw new Unavailable(`${file} was put aside, and the new one is not open yet`)
    return database
  }

  async function write<K extends keyof Ops & string>(
    name: K,
    values: Parameters<Ops[K]>,
    durability: Durability,
  ): Promise<Awaited<ReturnType<Ops[K]>>> {
    look()
    await opening
    try {
      return await current().write(name, values, durability)
    } catch (error) {
      throw advised(file, error)
    }
  }

  return {
    read(ask) {
      look()
      const { read } = current()
      try {
        return ask(read)
      } catch (error) {
        throw advised(file, engineError(file, error))
      }
    },
    write,
    async close() {
      closed = true
      await opening
      await database.close()
    },
  }
}
