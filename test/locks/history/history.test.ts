import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { testDatabase } from '../../postgres'
import { SEED } from '../../random'
import { REDIS, redisOrSkip, removeKeys } from '../../redis'
import { wayTo } from '../network'
import { PeerProcess } from '../peer-process'
import { linesOf, parseLines, type Recorded } from './record'
import { type Run, record } from './run'
import { checkHistory } from './specification'

const EXPIRY = 500
const LONG = process.env.MAILBOX_LONG !== undefined
const SIZE = { processes: 3, sessions: 4, accounts: 3, expiry: EXPIRY, seed: SEED }
/** locks that are asked for in one history, and how many histories */
const ACQUISITIONS = LONG ? 5000 : 250
const HISTORIES = LONG ? 100 : 1

/** where histories are put, for a look at one that is not linearizable */
const FOLDER = process.env.MAILBOX_HISTORIES

const account = 'a'
const grant = (lease: number, fence: number, call: number, end: number): Recorded => ({
  ...{ kind: 'acquire', process: lease, account, lease, access: 'exclusive', outcome: 'granted' },
  ...{ fence, call, return: end },
})

describe('the checker of histories', () => {
  it('takes an order that explains all answers', () => {
    const history: Recorded[] = [
      grant(1, 10, 0, 5),
      { kind: 'acquire', process: 2, account, lease: 2, access: 'shared', outcome: 'held', call: 1, return: 9 },
      { kind: 'release', account, lease: 1, call: 8, return: 12 },
      grant(3, 11, 2, 11),
    ]
    assert.equal(checkHistory(parseLines(linesOf(history))), undefined)
  })
  const WRONG: Readonly<Record<string, Recorded[]>> = {
    'two that hold at once': [grant(1, 10, 0, 1), grant(2, 11, 2, 3)],
    'a fence that falls': [
      grant(1, 11, 0, 1),
      { kind: 'release', account, lease: 1, call: 2, return: 3 },
      grant(2, 10, 4, 5),
    ],
    'a refusal of a lock that nobody holds': [
      { kind: 'acquire', process: 0, account, lease: 0, access: 'shared', outcome: 'held', call: 1, return: 2 },
    ],
    'a lock that a release did not free': [
      grant(1, 10, 0, 1),
      { kind: 'release', account, lease: 1, call: 2, return: 3 },
      { kind: 'acquire', process: 2, account, lease: 2, access: 'shared', outcome: 'held', call: 4, return: 5 },
    ],
    'a deletion below the fence': [
      { kind: 'open', account, lease: 1, fence: 10, call: 0, return: 0 },
      { kind: 'open', account, lease: 2, fence: 11, call: 1, return: 1 },
      { kind: 'quit', account, lease: 1, fence: 10, call: 2, return: 2, outcome: 'deleted' },
    ],
  }
  for (const [what, history] of Object.entries(WRONG))
    it(`finds ${what}`, () => assert.match(checkHistory(history) ?? '', /no order of these is possible/))
})

describe('histories of real processes are linearizable', function () {
  this.timeout(LONG ? 36_000_000 : 120_000)
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-lock-history-'))
  const redisPrefix = `locks-history-${randomBytes(4).toString('hex')}`
  const database = testDatabase()
  let usedRedis = false
  after(async () => {
    rmSync(folder, { recursive: true, force: true })
    if (usedRedis) await removeKeys(`{${redisPrefix}}:`)
  })

  /** A way to a server for each process. */
  async function through(address: string): Promise<{ where: string; way: Awaited<ReturnType<typeof wayTo>> }> {
    const where = new URL(address)
    const way = await wayTo(where.hostname, Number(where.port || (where.protocol === 'redis:' ? 6379 : 5432)))
    where.port = String(way.port)
    return { where: where.href, way }
  }
  const DRIVERS: Readonly<Record<string, () => Promise<Run['place'] | undefined>>> = {
    embedded: async () => async () => ({ where: path.join(folder, 'locks'), expiry: EXPIRY }),
    postgres: async () =>
      (await database.open()) ? async () => ({ ...(await through(database.url())), expiry: EXPIRY }) : undefined,
    redis: async () => {
      usedRedis = await redisOrSkip()
      return usedRedis ? async () => ({ ...(await through(REDIS)), redisPrefix, expiry: EXPIRY }) : undefined
    },
  }
  for (const [name, find] of Object.entries(DRIVERS))
    it(`${name}, while they are stopped, cut off and killed`, async function () {
      const place = await find()
      if (!place) return this.skip()
      let operations = 0
      let spent = 0
      for (let nth = 0; nth < HISTORIES; nth++) {
        const history = await record({ ...SIZE, place, acquisitions: ACQUISITIONS, faults: 1000, seed: SEED + nth })
        operations += history.length
        if (FOLDER !== undefined) writeFileSync(path.join(FOLDER, `${name}-${SEED + nth}.jsonl`), linesOf(history))
        const began = performance.now()
        assert.equal(checkHistory(history), undefined, `MAILBOX_SEED=${SEED + nth}`)
        spent += performance.now() - began
      }
      console.log(`      ${operations} operations, checked in ${spent.toFixed(0)} ms`)
    })

  it('a planted fault is found: a process that lets itself in', async () => {
    const place = await DRIVERS.embedded?.()
    assert.ok(place)
    const history = await record({ ...SIZE, place, acquisitions: 150, faults: 0, firstMode: 'snapshot' })
    assert.match(checkHistory(history) ?? '', /no order of these is possible/)
  })

  it('a planted fault is found: a store that does not look at the fence', async () => {
    const place = await DRIVERS.embedded?.()
    assert.ok(place)
    const peers = await Promise.all([0, 1].map(async () => PeerProcess.open(await place())))
    const history: Recorded[] = []
    async function comesIn(lease: number): Promise<number> {
      const call = performance.now()
      const request = { account, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1', wait: 60_000 } as const
      const { fence } = (await peers[lease]?.granted(request)) ?? { fence: 0 }
      history.push(grant(lease, fence, call, performance.now()))
      const at = performance.now()
      history.push({ kind: 'open', account, lease, fence, call: at, return: at })
      return fence
    }
    try {
      const fence = await comesIn(0)
      peers[0]?.signal('SIGSTOP')
      history.push({ kind: 'fault', fault: 'stop', process: 0, from: performance.now() })
      assert.ok((await comesIn(1)) > fence)
      const at = performance.now()
      const quit = { kind: 'quit', account, lease: 0, fence, call: at, return: at } as const
      assert.equal(checkHistory([...history, { ...quit, outcome: 'refused' }]), undefined)
      assert.match(checkHistory([...history, { ...quit, outcome: 'deleted' }]) ?? '', /no order of these is possible/)
    } finally {
      await Promise.all(peers.map((peer) => peer.kill()))
    }
  })
})
