import path from 'node:path'
import type { Worker } from 'node:worker_threads'
import { asError, Unavailable } from '../../../terms/errors'
import { endingValue } from '../errors'
import type { Answer, Ending, Request } from '../program'
import { startThread } from '../start-thread'

/** A request without its number. */
type Asked = Request extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never

interface Waiting {
  resolve(value: unknown): void
  reject(error: Error): void
}

/** This process's end of the writer thread, which is started by the first request. */
export interface WriterThread {
  /** Rejects with `Unavailable` when the engine or the disk refuse, or the thread ended. */
  ask(request: Asked, moved?: readonly ArrayBuffer[]): Promise<unknown>
  /** how often it ended: who opened files before must open them anew */
  readonly generation: number
}

function createWriterThread(name: string): WriterThread {
  let worker: Worker | undefined
  let generation = 0
  let last = 0
  const waiting = new Map<number, Waiting>()
  // Requests of one turn go together.
  let requests: Request[] = []
  let transfers: ArrayBuffer[] = []

  function settle({ resolve, reject }: Waiting, ending: Ending): void {
    try {
      resolve(endingValue(ending))
    } catch (error) {
      reject(asError(error))
    }
  }

  function over(why: string): void {
    worker = undefined
    generation += 1
    const those = [...waiting.values()]
    waiting.clear()
    for (const { reject } of those) reject(new Unavailable(`the thread that writes ended: ${why}`))
  }

  function start(): Worker {
    const started = startThread(path.join(__dirname, name))
    started.on('message', (answers: readonly Answer[]) => {
      for (const { id, ending } of answers) {
        const who = waiting.get(id)
        if (!who) continue
        waiting.delete(id)
        settle(who, ending)
      }
      // It keeps the process only while somebody waits for an answer.
      if (waiting.size === 0) started.unref()
    })
    const ended = (why: string): void => {
      if (worker === started) over(why)
    }
    started.on('error', (error) => ended(error.message))
    started.on('exit', (code) => ended(`code ${code}`))
    return started
  }

  function send(): void {
    const now = requests
    const moved = transfers
    requests = []
    transfers = []
    worker ??= start()
    worker.ref()
    try {
      worker.postMessage(now, moved)
    } catch (error) {
      // An argument that cannot be cloned: a bug of who asked, told to all of this turn.
      for (const { id } of now) {
        waiting.get(id)?.reject(error instanceof Error ? error : new Error(String(error)))
        waiting.delete(id)
      }
    }
  }

  return {
    ask: (request, moved = []) =>
      new Promise((resolve, reject) => {
        last += 1
        waiting.set(last, { resolve, reject })
        if (requests.length === 0) queueMicrotask(send)
        requests.push({ ...request, id: last })
        transfers.push(...moved)
      }),
    get generation() {
      return generation
    },
  }
}

const NAMES = { first: 'thread', background: 'background-thread' } as const
const writers = new Map<string, WriterThread>()

/** One for the process, and one for files whose writes are long, and nobody waits for them. */
export function writerThread(which: keyof typeof NAMES): WriterThread {
  const writer = writers.get(which) ?? createWriterThread(NAMES[which])
  writers.set(which, writer)
  return writer
}
