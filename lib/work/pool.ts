import { deserialize, serialize } from 'node:v8'
import type { Job, WorkFault, WorkResult } from './job'
import { createQueue } from './queue'
import { type Ended, startThread, type Thread } from './worker'

/**
 * A few threads for work whose size a stranger decides. A run that is over its budget ends with its thread, and a new one takes
 * its place; callers have their turns one after the other, whoever asks for much.
 */
export interface Pool {
  /**
   * @param by whose work it is (an account, an address): each has its own share of threads and queue
   * Rejects when the job throws: a bug.
   */
  run<In, Out>(job: Job<In, Out>, input: In, by: string): Promise<WorkResult<Out>>
  /** What waits is answered `busy`, what runs is ended. */
  close(): Promise<void>
}

export interface PoolOptions {
  readonly threads?: number
  /** megabytes of JavaScript heap of each thread */
  readonly memory?: number
  /** runs that wait: in all, of one caller, and their octets */
  readonly most?: number
  readonly mostOfOne?: number
  readonly mostOctets?: number
  /** milliseconds in the queue */
  readonly patience?: number
}

const DEFAULTS = {
  threads: 2,
  memory: 128,
  most: 1000,
  mostOfOne: 50,
  mostOctets: 128 * 1024 * 1024,
  patience: 10_000,
} as const satisfies PoolOptions

interface Waiting {
  readonly by: string
  readonly octets: number
  start(thread: Thread): Promise<void>
  giveUp(): void
}

const failed = (fault: WorkFault) => ({ ok: false, fault }) as const
const busy = () => failed({ kind: 'busy' })

export function createPool(options: PoolOptions = {}): Pool {
  const { threads: most, memory, patience, ...limits } = { ...DEFAULTS, ...options }
  const idle: Thread[] = []
  const running = new Map<Thread, string>()
  const queue = createQueue<Waiting>(limits)
  /** One caller leaves a thread to the others, where there is more than one. */
  const mostAtOnce = Math.max(1, most - 1)
  let closed = false

  const mayRun = (by: string): boolean => {
    let its = 0
    for (const other of running.values()) if (other === by) its++
    return its < mostAtOnce
  }

  function serve(): void {
    while (running.size < most) {
      const next = queue.take(mayRun)
      if (!next) return
      const thread = idle.pop() ?? startThread(memory)
      running.set(thread, next.by)
      void next.start(thread).finally(() => {
        running.delete(thread)
        if (thread.alive && !closed) idle.push(thread)
        serve()
      })
    }
  }

  /** undefined: its turn did not come. */
  function inTurn(by: string, octets: number, work: (thread: Thread) => Promise<Ended>): Promise<Ended | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        queue.remove(waiting)
        waiting.giveUp()
      }, patience)
      const waiting: Waiting = {
        by,
        octets,
        start: async (thread) => {
          clearTimeout(timer)
          resolve(await work(thread))
        },
        giveUp: () => {
          clearTimeout(timer)
          resolve(undefined)
        },
      }
      if (closed || !queue.put(waiting)) waiting.giveUp()
      else serve()
    })
  }

  async function run<In, Out>({ file, run: job, budget }: Job<In, Out>, value: In, by: string) {
    // Octets alone are copied once, and not into a buffer that grows.
    const isRaw = value instanceof Uint8Array
    const input = isRaw ? Uint8Array.from(value) : serialize(value)
    if (input.length > budget.octetsIn) return failed({ kind: 'over-budget', what: 'octets' })
    const task = { file, name: job.name, input, isRaw, octetsOut: budget.octetsOut }
    const ended = await inTurn(by, input.length, (thread) => thread.run(task, budget))
    if (!ended || (closed && ended.kind !== 'done')) return busy()
    switch (ended.kind) {
      case 'done': {
        const output: Out = deserialize(ended.output)
        return { ok: true, value: output } as const
      }
      case 'over-budget':
        return failed(ended)
      case 'thrown':
        throw ended.error
    }
  }

  return {
    run,
    close: async () => {
      closed = true
      for (const waiting of queue.all()) waiting.giveUp()
      await Promise.all([...idle.splice(0), ...running.keys()].map((thread) => thread.end()))
    },
  }
}
