import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'

/**
 * The other client, in a thread of its own so that whoever throws the bomb does not disturb it: NOOP after NOOP, and how long each
 * took. Linux tells beside the wall clock how much the server's worker computed until it answered, which does not depend on what
 * else the machine does, and the worker's memory (without mapped files: the store's pages are the kernel's).
 */
export interface Watched {
  /** milliseconds of each NOOP, on the wall and of the worker's main thread */
  readonly walls: readonly number[]
  readonly cpus: readonly number[]
  /** octets */
  readonly memoryBefore: number
  readonly memoryMost: number
}
export interface WatchData {
  readonly port: number
  readonly user: string
  readonly password: string
  /** process id */
  readonly worker: number
}

const EVERY = 5

function cpuOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/task/${pid}/schedstat`, 'latin1').split(' ')[0]) / 1e6
}
export function memoryOf(pid: number): number {
  const [, kilobytes = '0'] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kilobytes) * 1024
}

async function watch({ port, user, password, worker }: WatchData): Promise<void> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true })
  let text = ''
  let heard: (() => void) | undefined
  let over = false
  for (const event of ['end', 'close', 'error'] as const) {
    socket.on(event, () => {
      over = true
      heard?.()
    })
  }
  socket.on('data', (data) => {
    text += data.toString('latin1')
    heard?.()
  })
  async function answer(wanted: RegExp): Promise<void> {
    while (!wanted.test(text)) {
      if (over) throw new Error('the other client was thrown out')
      await new Promise<void>((resolve) => {
        heard = resolve
      })
    }
    text = ''
  }
  await answer(/^\* OK .*\r\n/)
  socket.write(`a LOGIN "${user}" "${password}"\r\n`)
  await answer(/^a OK .*\r\n/m)
  socket.write('a SELECT INBOX\r\n')
  await answer(/^a OK .*\r\n/m)
  const walls: number[] = []
  const cpus: number[] = []
  const memoryBefore = memoryOf(worker)
  let memoryMost = memoryBefore
  let stopping = false
  parentPort?.once('message', () => {
    stopping = true
  })
  parentPort?.postMessage('ready')
  while (!stopping || walls.length < 20) {
    const start = performance.now()
    const cpu = cpuOf(worker)
    socket.write('b NOOP\r\n')
    await answer(/^b OK .*\r\n/m)
    walls.push(performance.now() - start)
    cpus.push(cpuOf(worker) - cpu)
    memoryMost = Math.max(memoryMost, memoryOf(worker))
    await pause(EVERY)
  }
  socket.destroy()
  const watched: Watched = { walls, cpus, memoryBefore, memoryMost }
  parentPort?.postMessage(watched)
}

if (parentPort) void watch(workerData)
