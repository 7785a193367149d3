import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { ACCOUNTS, type Demo, freePorts, removeHome, startDemo } from '../e2e/demo'
import { Thrower } from './thrower'
import type { WatchData, Watched } from './watch'

/**
 * A bomb is what one client (alice) or a message sends to make everybody else wait. Each is thrown at a real server while another
 * client (bob, in the same worker) sends NOOP and measures. It fails when bob waits longer than 20 times his quiet median or 400 ms,
 * whichever is more (on a machine that does nothing else none waits for half of that), or the worker's memory grows by more than
 * 100 MB. Where other programs use the processors, the wall clock says little: what counts then is how much the worker computed
 * before it answered bob; the wall must still be below ten times the bound, so that waiting for something else than the processor is
 * found too.
 */
const MOST_WAIT = 400
const MOST_GROWTH = 100 * 1024 * 1024
/** A script over thousands of parts: `[work] memory` lets a thread have 128 MB for it. */
export const THREAD_GROWTH = 200 * 1024 * 1024
/** Thousands of messages are taken into the text index at the same time, in a thread of the pool. */
export const INDEXED_GROWTH = 200 * 1024 * 1024
/**
 * Mail of tens of megabytes: its octets are there once more for the thread that writes, and what that thread and its connections keep is
 * paged in by the first of them.
 */
export const BIG_MAIL_GROWTH = 350 * 1024 * 1024
const QUIET = 300

export interface Site {
  readonly demo: Demo
  /** port of ManageSieve */
  readonly sieve: number
  /** process id of the worker */
  readonly worker: number
  /** alice, logged in by IMAP; closed after the bomb */
  imap(): Promise<Thrower>
  /** any port of the demo; closed after the bomb */
  connect(port: number): Thrower
}

export interface Bomb {
  /** not measured: mail that must be there */
  prepare?(site: Site): Promise<void>
  /** octets by which the worker may grow, where it is more than for the others */
  readonly growth?: number
  /** what the bomb's client must hear is asserted here: a clear answer, the session lives */
  run(site: Site): Promise<void>
}

export const ALICE = { user: 'alice@example.org', password: ACCOUNTS['alice@example.org'] }
const BOB = { user: 'bob@example.org', password: ACCOUNTS['bob@example.org'] }

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0

/** The process below the demo that serves: master and worker are node too. */
function workerOf(pid: number): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  const [first] = children
  return first === undefined ? pid : workerOf(first)
}

/** @param extra arguments of `demo`, asked for when it starts (free ports) */
export function bombs(
  title: string,
  all: Readonly<Record<string, Bomb>>,
  extra: () => Promise<readonly string[]> = async () => [],
): void {
  describe(`bombs: ${title}`, function () {
    this.timeout(180_000)
    let demo: Demo | undefined
    let site: Site
    let quiet: number
    const open: Thrower[] = []

    async function watching(run: () => Promise<void>): Promise<Watched> {
      const data: WatchData = { port: site.demo.imap, ...BOB, worker: site.worker }
      const watcher = new Worker(path.join(__dirname, 'watch.ts'), {
        execArgv: ['-r', 'ts-node/register'],
        workerData: data,
      })
      const next = (): Promise<unknown> =>
        new Promise((resolve, reject) => {
          watcher.once('message', resolve)
          watcher.once('error', reject)
        })
      try {
        await next()
        const failing = next()
        await Promise.race([run(), failing])
        watcher.postMessage('stop')
        return (await failing) as Watched // what the thread sends last
      } finally {
        await watcher.terminate()
      }
    }

    before(async function () {
      if (process.platform !== 'linux') return this.skip()
      const [sieve = 0] = await freePorts(1)
      demo = await startDemo(['--nodes', '1', '--sieve', String(sieve), ...(await extra())])
      const started = demo
      site = {
        demo: started,
        sieve,
        worker: workerOf(started.pid),
        connect: (port) => {
          const thrower = new Thrower(port)
          open.push(thrower)
          return thrower
        },
        imap: async () => {
          const thrower = site.connect(started.imap)
          await thrower.until('* OK ')
          await thrower.imap(`LOGIN "${ALICE.user}" "${ALICE.password}"`)
          return thrower
        },
      }
      const calm = await watching(() => pause(QUIET))
      quiet = median(calm.walls)
    })
    afterEach(() => {
      for (const thrower of open.splice(0)) thrower.close()
    })
    after(async () => {
      await demo?.stop()
      removeHome(demo)
    })

    for (const [name, bomb] of Object.entries(all)) {
      it(name, async () => {
        await bomb.prepare?.(site)
        const watched = await watching(() => bomb.run(site))
        const bound = Math.max(MOST_WAIT, 20 * quiet)
        const waits = watched.walls.map((wall, at) => Math.min(wall, watched.cpus[at] ?? wall))
        const most = Math.round(Math.max(...waits))
        const mostWall = Math.round(Math.max(...watched.walls))
        const growth = Math.round((watched.memoryMost - watched.memoryBefore) / 1024 / 1024)
        const said = `waited ${most} ms (on the wall ${mostWall}, quiet ${quiet.toFixed(1)}), memory +${growth} MB, ${waits.length} NOOPs`
        if (process.env.BOMBS) console.log(`      ${name}: ${said}`)
        assert.ok(most <= bound && mostWall <= 10 * bound, `the other client ${said}`)
        assert.ok(watched.memoryMost - watched.memoryBefore <= (bomb.growth ?? MOST_GROWTH), `the other client ${said}`)
      })
    }
  })
}
