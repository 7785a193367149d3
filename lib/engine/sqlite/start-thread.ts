import path from 'node:path'
import { Worker } from 'node:worker_threads'

/** Starts a file of this folder as a thread: compiled, or as ts-node loads it in tests. Nothing of this process's own options. */
export function startThread(name: string, workerData?: unknown): Worker {
  const file = path.join(__dirname, `${name}${path.extname(__filename)}`)
  return new Worker(file, { workerData, execArgv: file.endsWith('.ts') ? ['-r', 'ts-node/register'] : [] })
}
