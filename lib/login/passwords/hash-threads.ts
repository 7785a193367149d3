import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'

/**
 * Password hashes are computed in threads of their own: bcrypt and SHA-crypt exist as JavaScript only, and argon2 in libuv's
 * threads would compete with mail on equal terms. On Linux a thread has a priority of its own (setpriority(2), notes), so that
 * a flood of logins takes what mail leaves over. Threads start when they are needed and do not keep the process alive.
 */
const SOURCE = `
const { parentPort, workerData } = require('node:worker_threads')
const { constants, setPriority } = require('node:os')
if (process.platform === 'linux') try { setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL) } catch {}
const argon2 = require(workerData.argon2)
const bcrypt = require(workerData.bcrypt)
const unixcrypt = import(workerData.unixcrypt)
parentPort.on('message', async ({ id, password, value }) => {
  let right = false
  try {
    right = value.startsWith('$argon2')
      ? argon2.verifySync(value, password)
      : value.startsWith('$2')
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

/** The caller limits how many hashes run at once; more threads than processors would not help it. */
const MOST = availableParallelism()
const threads = new Set<Thread>()
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
      argon2: require.resolve('@node-rs/argon2'),
      bcrypt: require.resolve('bcryptjs'),
      unixcrypt: pathToFileURL(moduleFile('unixcrypt/dist/index.js')).href,
    },
  })
  const thread = { worker, waiting }
  const fail = (): void => {
    threads.delete(thread)
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
  threads.add(thread)
  return thread
}

/** The one with the least to do; a new one rather than a busy one. */
function choose(): Thread {
  const [least] = [...threads].sort((a, b) => a.waiting.size - b.waiting.size)
  return least && (least.waiting.size === 0 || threads.size >= MOST) ? least : start()
}

/** @param value `$argon2id$...`, `$2b$...`, `$5$...` or `$6$...`. Rejects when the thread died: nobody knows, then. */
export function verifyInThread(password: string, value: string): Promise<boolean> {
  // A verifier that asks for hours of work, by mistake or by malice, verifies nothing.
  if (Number(/^\$2.\$(\d\d)\$/.exec(value)?.[1] ?? 0) > 15) return Promise.resolve(false)
  if (Number(/^\$[56]\$rounds=(\d+)\$/.exec(value)?.[1] ?? 0) > 1_000_000) return Promise.resolve(false)
  const { worker, waiting } = choose()
  return new Promise((resolve, reject) => {
    serial += 1
    waiting.set(serial, { answer: resolve, fail: reject })
    worker.ref()
    worker.postMessage({ id: serial, password, value })
  })
}
