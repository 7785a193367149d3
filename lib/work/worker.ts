import path from 'node:path'
import { Worker } from 'node:worker_threads'
import { cpuTimeOf } from './cpu-time'
import type { Answer, Budget, Task } from './job'

/** How a run ended, as seen from outside the thread. */
export type Ended =
  | { readonly kind: 'done'; readonly output: Uint8Array }
  | { readonly kind: 'over-budget'; readonly what: 'time' | 'octets' | 'memory' }
  | { readonly kind: 'thrown'; readonly error: Error }

/** One thread, for one task at a time. */
export interface Thread {
  /** Never rejects. After `over-budget` (but for octets) the thread is gone. */
  run(task: Task, budget: Budget): Promise<Ended>
  readonly alive: boolean
  end(): Promise<void>
}

/** On a busy machine a thread gets a part of a processor only. */
const WALL = 5
/** milliseconds: loading modules takes a while, and is nobody's fault */
const START = 30_000

/** The file beside this one: compiled, or as ts-node loads it in tests. Nothing of this process's own options. */
const file = path.join(__dirname, `thread${path.extname(__filename)}`)
const execArgv = file.endsWith('.ts') ? ['-r', 'ts-node/register'] : []

/** @param memory megabytes of JavaScript heap */
export function startThread(memory: number): Thread {
  const worker = new Worker(file, {
    execArgv,
    resourceLimits: { maxOldGenerationSizeMb: memory, maxYoungGenerationSizeMb: 16 },
  })
  let alive = true
  let thread: number | undefined
  let hear: ((ended: Ended) => void) | undefined
  let begun: (() => void) | undefined
  const ready = new Promise<void>((resolve) => {
    begun = resolve
  })
  // It keeps the process only while somebody waits for an answer.
  worker.unref()

  function finish(ended: Ended): void {
    worker.unref()
    hear?.(ended)
    hear = undefined
  }
  worker.on('message', (message: Answer) => {
    if (message.kind === 'ready') {
      thread = message.thread
      begun?.()
    } else finish(message.kind === 'too-big' ? { kind: 'over-budget', what: 'octets' } : message)
  })
  worker.on('error', (error: NodeJS.ErrnoException) => {
    alive = false
    const memoryIsOver = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
    finish(memoryIsOver ? { kind: 'over-budget', what: 'memory' } : { kind: 'thrown', error })
  })
  worker.on('exit', () => {
    alive = false
    begun?.()
    finish({ kind: 'thrown', error: new Error('a thread of the pool ended') })
  })

  function overTime(): void {
    alive = false
    finish({ kind: 'over-budget', what: 'time' })
    void worker.terminate()
  }

  async function run(task: Task, { time }: Budget): Promise<Ended> {
    const ended = new Promise<Ended>((resolve) => {
      hear = resolve
    })
    worker.ref()
    let timer = setTimeout(overTime, START)
    await ready
    clearTimeout(timer)
    if (!alive) return ended
    const cpuBefore = await cpuTimeOf(thread)
    const started = performance.now()
    async function look(): Promise<void> {
      const wall = performance.now() - started
      const now = await cpuTimeOf(thread)
      const left = now === undefined || cpuBefore === undefined ? 0 : time - (now - cpuBefore)
      if (hear === undefined) return
      if (left <= 0 || wall >= time * WALL) overTime()
      else timer = setTimeout(() => void look(), Math.max(left, 5))
    }
    timer = setTimeout(() => void look(), time)
    worker.postMessage(task, task.input.buffer instanceof ArrayBuffer ? [task.input.buffer] : [])
    const result = await ended
    clearTimeout(timer)
    return result
  }

  return {
    run,
    get alive() {
      return alive
    },
    end: async () => {
      alive = false
      await worker.terminate()
    },
  }
}
