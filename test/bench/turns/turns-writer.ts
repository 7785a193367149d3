import { statSync } from 'node:fs'
import { openDatabase } from '../../../lib/engine/sqlite/database'
import { program } from './program'

export interface WriterOrder {
  readonly file: string
  readonly writer: number
  readonly kind: 'store' | 'quick' | 'append'
  readonly sessions: number
  /** milliseconds between a session's answer and its next write */
  readonly pause: number
  readonly seconds: number
}
export interface WriterResult {
  readonly writes: number
  /** milliseconds: median, 99 of 100, the longest */
  readonly waits: readonly number[]
  /** milliseconds of CPU */
  readonly cpu: number
  /** octets of the log's file at the end */
  readonly log: number
}

/** seconds until all threads run and the code is warm */
const WARM = 3

async function main({ file, writer, kind, sessions, pause, seconds }: WriterOrder): Promise<void> {
  const database = await openDatabase(file, program)
  let id = 0
  const write = (): Promise<unknown> => {
    const row = writer * 1_000_000 + (id++ % 5000)
    if (kind === 'append') return database.write('append', [writer, row, new Uint8Array(22_000)])
    return database.write('store', [writer, row], kind === 'quick' ? 'quick-visible' : 'visible')
  }
  process.send?.('ready')
  await new Promise((resolve) => process.once('message', resolve))
  let waits: number[] = []
  const begin = performance.now() + WARM * 1000
  const end = begin + seconds * 1000
  async function session(): Promise<void> {
    for (let now = performance.now(); now < end; ) {
      await write()
      // What is quick runs on the loop, which has other things to do too.
      if (kind === 'quick' && id % 8 === 0) await new Promise((resolve) => setImmediate(resolve))
      const then = performance.now()
      waits.push(then - now)
      now = then
      if (pause > 0) {
        await new Promise((resolve) => setTimeout(resolve, pause))
        now = performance.now()
      }
    }
  }
  const sessionsEnd = Promise.all(Array.from({ length: sessions }, session))
  await new Promise((resolve) => setTimeout(resolve, WARM * 1000))
  waits = []
  const before = process.cpuUsage()
  await sessionsEnd
  const { user, system } = process.cpuUsage(before)
  waits.sort((a, b) => a - b)
  const shares = [0.5, 0.99, 1].map((share) => waits[Math.min(waits.length - 1, Math.floor(waits.length * share))] ?? 0)
  const result: WriterResult = {
    writes: waits.length,
    waits: shares,
    cpu: (user + system) / 1000,
    log: statSync(`${file}-wal`).size,
  }
  await new Promise((resolve) => process.send?.(result, resolve))
  await database.close()
  process.disconnect?.()
}

main(JSON.parse(process.argv[2] ?? '')).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
