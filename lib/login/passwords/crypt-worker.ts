import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * bcrypt and SHA-crypt exist as JavaScript only: they run in a thread of their own, so that the event loop goes on. The
 * thread starts with the first such password and does not keep the process alive.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const bcrypt = require(workerData.bcrypt)
const unixcrypt = import(workerData.unixcrypt)
parentPort.on('message', async ({ id, password, value }) => {
  let right = false
  try {
    right = value.startsWith('$2')
      ? bcrypt.compareSync(password, value.replace(/^\\$2[xy]\\$/, '$2b$'))
      : (await unixcrypt).verify(password, value)
  } catch {}
  parentPort.postMessage({ id, right })
})`

interface Waiting {
  readonly answer: (right: boolean) => void
  readonly fail: (error: Error) => void
}
interface Thread {
  readonly worker: Worker
  readonly waiting: Map<number, Waiting>
}

let thread: Thread | undefined
let serial = 0

/** unixcrypt is an ES module that `require.resolve` may not see. */
function moduleFile(path: string): string {
  const found = (require.resolve.paths(path) ?? []).map((folder) => join(folder, path)).find(existsSync)
  if (found) return found
  throw new Error(`${path} is not installed`)
}

function start(): Thread {
  const waiting = new Map<number, Waiting>()
  const worker = new Worker(SOURCE, {
    eval: true,
    execArgv: [],
    workerData: {
      bcrypt: require.resolve('bcryptjs'),
      unixcrypt: pathToFileURL(moduleFile('unixcrypt/dist/index.js')).href,
    },
  })
  const fail = (): void => {
    if (thread?.worker === worker) thread = undefined
    for (const { fail: reject } of waiting.values()) reject(new Error('the thread for password hashes ended'))
    waiting.clear()
  }
  worker.on('message', ({ id, right }: { id: number; right: boolean }) => {
    waiting.get(id)?.answer(right)
    waiting.delete(id)
    if (waiting.size === 0) worker.unref()
  })
  worker.on('error', fail)
  worker.on('exit', fail)
  worker.unref()
  return { worker, waiting }
}

/** @param value `$2b$...`, `$5$...` or `$6$...`. Rejects when the thread died: nobody knows, then. */
export function verifyCrypt(password: string, value: string): Promise<boolean> {
  // A verifier that asks for hours of work, by mistake or by malice, verifies nothing.
  if (Number(/^\$2.\$(\d\d)\$/.exec(value)?.[1] ?? 0) > 15) return Promise.resolve(false)
  if (Number(/^\$[56]\$rounds=(\d+)\$/.exec(value)?.[1] ?? 0) > 1_000_000) return Promise.resolve(false)
  thread ??= start()
  const { worker, waiting } = thread
  return new Promise((resolve, reject) => {
    serial += 1
    waiting.set(serial, { answer: resolve, fail: reject })
    worker.ref()
    worker.postMessage({ id: serial, password, value })
  })
}
