import path from 'node:path'
import { Worker } from 'node:worker_threads'

/** @param file without its ending. Starts it as a thread: compiled, or as ts-node loads it in tests. Nothing of this process's own options. */
export function startThread(file: string, workerData?: unknown): Worker {
  const whole = `${file}${path.extname(__filename)}`
  return new Worker(whole, { workerData, execArgv: whole.endsWith('.ts') ? ['-r', 'ts-node/register'] : [] })
}
