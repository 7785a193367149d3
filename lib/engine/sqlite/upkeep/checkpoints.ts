import path from 'node:path'
import type { Worker } from 'node:worker_threads'
import { startThread } from '../start-thread'
import type { CheckpointAnswer, Checkpointed, CheckpointOrder } from './checkpoint-thread'

type Waiting = (checkpointed: Checkpointed) => void

/** The writer thread's end of the thread that writes logs back to their files. */
let helper: Worker | undefined
/** by file, in the order in which it was asked */
const waiting = new Map<string, Waiting[]>()

function take({ file, checkpointed }: CheckpointAnswer): void {
  waiting.get(file)?.shift()?.(checkpointed)
}

function start(): Worker {
  const started = startThread(path.join(__dirname, 'checkpoint-thread'))
  started.unref()
  const over = (): void => {
    helper = undefined
    // Nothing was written back, and whoever needs it will ask again.
    for (const those of waiting.values()) for (const resolve of those) resolve('done')
    waiting.clear()
  }
  started.on('message', take)
  started.on('error', over)
  started.on('exit', over)
  return started
}

function ask(order: CheckpointOrder): Promise<Checkpointed> {
  helper ??= start()
  const { file } = order
  return new Promise((resolve) => {
    waiting.set(file, [...(waiting.get(file) ?? []), resolve])
    helper?.postMessage(order)
  })
}

/** Writes the log of a file back to it, as far as nobody is in the way. Never rejects. */
export const checkpoint = (file: string): Promise<Checkpointed> => ask({ file, end: false })

/** Nobody in this process has the file open any more. */
export async function endCheckpoints(file: string): Promise<void> {
  if (!waiting.has(file)) return
  await ask({ file, end: true })
  waiting.delete(file)
}
