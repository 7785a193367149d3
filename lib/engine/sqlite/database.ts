import { Unavailable } from '../../terms/errors'
import { closeConnection } from './connection/close'
import { type Connection, type Sql, sqlOn } from './connection/connection'
import { openConnection } from './connection/open'
import { endingValue, engineError } from './errors'
import { openLog } from './flush/log'
import { createOwnFlush, NO_OWN_FLUSH, type OwnFlush } from './flush/own-flush'
import { type Durability, isDurable, isQuick, type LaneSettings, type Operations, type Program } from './program'
import { createQuick } from './quick'
import { writerThread } from './writer/writer'

/** One SQLite file: read on the event loop, written in the writer thread. */
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

export interface OpenOptions {
  /** looks through all of the file first (of small ones, and if nobody has it open): for those that can be made anew */
  readonly check?: boolean
  readonly settings?: Partial<LaneSettings>
  /** its writes are long and nobody waits for them: they are no burden to those of other files */
  readonly background?: boolean
}

let opened = 0

/** Milliseconds, and writes on the event loop, after which the thread brings them to the disk. */
const FLUSH = 400
const MOST_UNFLUSHED = 1000

/**
 * Opens a file, which is made when it is missing, as is its folder.
 * Rejects with `Unavailable` that names the file when it is damaged.
 */
export async function openDatabase<Ops extends Operations>(
  file: string,
  program: Program<Ops>,
  { check = false, settings = {}, background = false }: OpenOptions = {},
): Promise<Database<Ops>> {
  const thread = writerThread(background ? 'background' : 'first')
  opened += 1
  const database = opened
  let closed = false
  /** by the thread that runs now: it may have ended since */
  let opening: { readonly generation: number; readonly done: Promise<unknown> } | undefined

  async function ready(): Promise<void> {
    if (opening?.generation !== thread.generation) {
      const done = thread.ask({ kind: 'open', database, file, program: program.file, check, settings })
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
  const openOwn = (): readonly [Connection, OwnFlush] => {
    const connection = openConnection(file, program)
    try {
      return [connection, program.flushed ? createOwnFlush(file, openLog(file), doubt) : NO_OWN_FLUSH]
    } catch (error) {
      connection.close()
      throw engineError(file, error)
    }
  }
  let connection: Connection
  let ownFlush: OwnFlush
  try {
    ;[connection, ownFlush] = openOwn()
  } catch (error) {
    await thread.ask({ kind: 'close', database }).catch(() => undefined)
    throw error
  }
  const read = sqlOn(connection)
  const quick = createQuick(file, read, program.operations(read), ownFlush)
  /** writes that the thread has: what is quick goes behind them */
  let underWay = 0
  let unflushed = 0
  let flushSoon: NodeJS.Timeout | undefined

  function flush(): void {
    clearTimeout(flushSoon)
    flushSoon = undefined
    unflushed = 0
    thread.ask({ kind: 'flush', database }).catch(() => undefined)
  }

  /** What was written here is brought to the disk by the thread. */
  function flushLater(): void {
    unflushed += 1
    if (unflushed === MOST_UNFLUSHED) flush()
    else flushSoon ??= setTimeout(flush, FLUSH).unref()
  }

  function doubt(): void {
    thread.ask({ kind: 'doubt', database }).catch(() => undefined)
  }

  async function inThread(
    name: string,
    values: readonly unknown[],
    durability: Durability,
    moved: readonly ArrayBuffer[],
  ) {
    underWay += 1
    try {
      if (opening?.generation !== thread.generation) {
        ownFlush.distrust()
        await ready()
      }
      const trust = ownFlush.trustAfter()
      const value = await thread.ask({ kind: 'write', database, name, values, durability }, moved)
      if (isDurable(durability)) trust()
      return value
    } finally {
      underWay -= 1
    }
  }

  return {
    file,
    read,
    async write(name, values, durability = 'durable', moved = []) {
      if (closed) throw new Unavailable(`${file} is closed`)
      if (isQuick(durability) && underWay === 0 && (!isDurable(durability) || ownFlush.isTrusted)) {
        const ending = await quick.write(name, values, durability)
        if (ending !== 'busy') {
          const value = endingValue(ending)
          flushLater()
          // Of the operation of this name, as below.
          return value as never
        }
      }
      return (await inThread(name, values, durability, moved)) as never
    },
    async close() {
      if (closed) return
      closed = true
      quick.end()
      await ownFlush.close()
      if (flushSoon) flush()
      await thread.ask({ kind: 'close', database }).catch(() => undefined)
      closeConnection(connection, read)
    },
  }
}
