import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { decodeFrame, encodeFrame } from '../../../lib/mailbox/bus/frames'
import { piecesOf } from '../../../lib/mailbox/bus/pieces'
import { postgresBus } from '../../../lib/mailbox/bus/postgres-bus'
import { redisBus } from '../../../lib/mailbox/bus/redis-bus'
import { type SocketBus, socketBus } from '../../../lib/mailbox/bus/socket-bus'
import type { Bus, Notice } from '../../../lib/mailbox/mailbox'
import type { PostgresNews } from '../../../lib/processes/postgres'
import { parseRedis } from '../../../lib/processes/redis'
import { meetingDirectory } from '../../../lib/processes/rendezvous'
import { accountId, mailboxId } from '../../../lib/terms/names'
import { silentLog } from '../../../lib/terms/ports'
import { wayTo } from '../../locks/network'
import { testDatabase } from '../../postgres'

const reached = (modSeq: number, mailbox = 'm1'): Notice => ({ kind: 'mailbox', account: 'a1', mailbox, modSeq })
const listed: Notice = {
  kind: 'list',
  change: { account: accountId('a1'), kind: 'renamed', mailbox: mailboxId('m1'), name: 'Ä/b', oldName: 'a' },
}

/** Resolves when a notice passes that the test waits for; keeps all. */
function ear(bus: Bus) {
  const heard: Notice[] = []
  const waiting = new Set<() => void>()
  bus.subscribe((notice) => {
    heard.push(notice)
    for (const look of waiting) look()
  })
  return {
    heard,
    until: (wanted: (notice: Notice) => boolean) =>
      new Promise<void>((resolve) => {
        function look(): void {
          if (!heard.some(wanted)) return
          waiting.delete(look)
          resolve()
        }
        waiting.add(look)
        look()
      }),
  }
}
const is = (modSeq: number) => (notice: Notice) => notice.kind === 'mailbox' && notice.modSeq === modSeq
const isGap = (notice: Notice) => notice.kind === 'gap'

describe('notice frames', () => {
  it('come back as they were, and anything else is ignored', () => {
    const told = { ...reached(7), happened: ['added', 'flags'] } as const
    const change = {
      account: accountId('a1'),
      kind: 'annotated',
      mailbox: undefined,
      name: '',
      entries: ['/private/x'],
    } as const
    const annotated = { kind: 'list', change } as const
    for (const frame of [reached(7), told, listed, annotated, { kind: 'gap' }, { kind: 'hello', from: 'x' }] as const) {
      assert.deepEqual(decodeFrame(encodeFrame(frame)), frame)
    }
    const newer = encodeFrame(reached(7)).replace('}', ',"happened":["flags","annotations"]}')
    assert.deepEqual(decodeFrame(newer), { ...reached(7), happened: ['flags'] })
    const bad = ['', '{', 'null', '7', '{"kind":"mailbox"}', '{"kind":"list","change":{}}', '{"kind":"x"}']
    const injected = '{"kind":"mailbox","account":"../a","mailbox":"m","modSeq":1}'
    for (const line of [...bad, injected]) assert.equal(decodeFrame(line), undefined)
  })
})

describe('socket bus', () => {
  let directory: string
  const buses: SocketBus[] = []
  const children: ChildProcess[] = []
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'bus-'))
  })
  afterEach(async () => {
    for (const child of children.splice(0)) child.kill('SIGKILL')
    for (const bus of buses.splice(0)) await bus.close()
    rmSync(directory, { recursive: true, force: true })
  })
  async function join(where = directory): Promise<SocketBus> {
    const bus = await socketBus({ directory: where, log: silentLog, lookEvery: 100 })
    buses.push(bus)
    return bus
  }
  async function childProcess(): Promise<ChildProcess> {
    const child = fork(path.join(__dirname, 'bus-child.ts'), [directory], { execArgv: ['-r', 'ts-node/register'] })
    children.push(child)
    await once(child, 'message')
    return child
  }

  it('brings notices to all others, once, and never back', async () => {
    const [a, b, c] = [await join(), await join(), await join()]
    const [ofA, ofB, ofC] = [ear(a), ear(b), ear(c)]
    await Promise.all([ofA.until(isGap), ofB.until(isGap), ofC.until(isGap)])
    b.publish(listed)
    b.publish(reached(1))
    await Promise.all([ofA.until(is(1)), ofC.until(is(1))])
    for (const { heard } of [ofA, ofC])
      assert.deepEqual(
        heard.filter((one) => one.kind === 'list'),
        [listed],
      )
    assert.deepEqual(
      ofB.heard.filter((one) => !isGap(one)),
      [],
    )
  })

  it('sends only the highest mod-sequence of a turn', async () => {
    const [a, b] = [await join(), await join()]
    const there = ear(b)
    for (let modSeq = 1; modSeq <= 1000; modSeq++) a.publish(reached(modSeq))
    a.publish(reached(5, 'm2'))
    await there.until((one) => one.kind === 'mailbox' && one.mailbox === 'm2')
    assert.deepEqual(
      there.heard.filter((one) => one.kind === 'mailbox'),
      [reached(1000), reached(5, 'm2')],
    )
  })

  it('links processes that start at the same moment', async () => {
    const all = await Promise.all(Array.from({ length: 6 }, () => join()))
    const ears = all.map(ear)
    all.forEach((bus, nth) => {
      bus.publish(reached(100 + nth, `m${nth}`))
    })
    await Promise.all(
      ears.flatMap((one, own) => all.map((_, nth) => (nth === own ? undefined : one.until(is(100 + nth))))),
    )
    assert.deepEqual(
      all.map((bus) => bus.peers),
      [5, 5, 5, 5, 5, 5],
    )
  })

  it('works in a directory whose name is too long for a socket', async () => {
    const deep = path.join(directory, 'x'.repeat(80), 'y'.repeat(80))
    const [a, b] = [await join(deep), await join(deep)]
    const there = ear(b)
    await ear(a).until(isGap)
    a.publish(reached(3))
    await there.until(is(3))
    assert.deepEqual([a.peers, b.peers], [1, 1])
    for (const bus of [a, b]) await bus.close()
    const short = meetingDirectory(deep)
    assert.deepEqual(readdirSync(short), [])
    rmSync(short, { recursive: true })
  })

  it('goes on when a process is killed, says so, and forgets its socket', async () => {
    const a = await join()
    const there = ear(a)
    const child = await childProcess()
    child.send({ publish: reached(11) })
    await there.until(is(11))
    const gaps = there.heard.filter(isGap).length
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await Promise.all([gone, there.until(() => there.heard.filter(isGap).length > gaps)])
    const b = await join()
    assert.equal(readdirSync(directory).length, 2)
    const ofB = ear(b)
    a.publish(reached(12))
    await ofB.until(is(12))
  })

  it('tells a process that was stopped that it missed something', async function () {
    this.timeout(60_000)
    const a = await join()
    const child = await childProcess()
    child.kill('SIGSTOP')
    // More than the kernel and the high-water mark hold.
    for (let nth = 0; nth < 60; nth++) {
      for (let box = 0; box < 1000; box++) a.publish(reached(nth + 1, `m${nth}-${box}`))
      await new Promise((resolve) => setImmediate(resolve))
    }
    const gaps = once(child, 'message')
    child.kill('SIGCONT')
    child.send({ tellGapsAfter: 2 })
    await gaps
  })

  it('survives strangers in its directory', async () => {
    const a = await join()
    const stranger = createServer((socket) => socket.end('rubbish\n{"kind":"mailbox"}\n'))
    stranger.listen(path.join(directory, '1.2.feedfeed.feedfeed'))
    await once(stranger, 'listening')
    const b = await join()
    const there = ear(b)
    a.publish(reached(21))
    await there.until(is(21))
    stranger.close()
  })
})

describe('postgres bus', function () {
  this.timeout(20_000)
  const database = testDatabase()
  const open = (news: PostgresNews, url = database.url()): Promise<Bus> => postgresBus({ url, news, log: silentLog })
  before(async function () {
    if (!(await database.open())) this.skip()
  })

  for (const news of ['listen', 20] as const) {
    const way = news === 'listen' ? 'by NOTIFY' : 'by looking'
    it(`brings notices to the others, never back, in their order: ${way}`, async () => {
      const [a, b] = [await open(news), await open(news)]
      const [ofA, ofB] = [ear(a), ear(b)]
      for (let nth = 0; nth < 300; nth++) {
        a.publish(reached(nth, `m${nth}`))
        if (nth % 10 === 0) await new Promise(setImmediate)
      }
      a.publish(reached(1000, 'last'))
      await ofB.until(is(1000))
      b.publish(listed)
      b.publish(reached(5))
      await ofA.until(is(5))
      const all = Array.from({ length: 300 }, (_, nth) => reached(nth, `m${nth}`))
      assert.deepEqual(ofB.heard, [...all, reached(1000, 'last')])
      assert.deepEqual(ofA.heard, [listed, reached(5)])
      await Promise.all([a.close(), b.close()])
    })

    it(`goes on after the connection was lost, and who may have missed something hears that: ${way}`, async () => {
      const { hostname, port } = new URL(database.url())
      const network = await wayTo(hostname, Number(port || 5432))
      const around = new URL(database.url())
      around.port = String(network.port)
      const [direct, shaky] = [await open(news), await open(news, around.href)]
      const [ofShaky, ofDirect] = [ear(shaky), ear(direct)]
      network.reset()
      // Said at once or later, as what happened or as a gap.
      shaky.publish(reached(8))
      // What lies in a table is not missed.
      await Promise.all([news === 'listen' && ofShaky.until(isGap), ofDirect.until((one) => isGap(one) || is(8)(one))])
      direct.publish(reached(9))
      await ofShaky.until(is(9))
      await Promise.all([direct.close(), shaky.close()])
      network.close()
    })
  }

  it('what PostgreSQL cannot carry is said as a gap', () => {
    const gap = encodeFrame({ kind: 'gap' })
    const many = (count: number) => Array.from({ length: count }, (_, nth) => reached(nth, `m${nth}`))
    const pieces = piecesOf(many(1000))
    assert.equal(pieces.join(''), many(1000).map(encodeFrame).join(''))
    assert.ok(pieces.every((piece) => Buffer.byteLength(piece) < 7900))
    assert.deepEqual(piecesOf(many(10_000)), [gap])
    const long: Notice = {
      kind: 'list',
      change: { account: accountId('a1'), kind: 'created', mailbox: undefined, name: 'ä'.repeat(4000) },
    }
    assert.deepEqual(piecesOf([reached(1), long]), [gap])
    assert.deepEqual(piecesOf([{ kind: 'gap' }]), [gap])
  })
})

describe('redis bus', () => {
  const url = process.env.MAILBOX_TEST_REDIS ?? 'redis://127.0.0.1:6379'
  it('brings notices to the others, never back', async function () {
    const prefix = `mailbox-test-${process.pid}`
    let a: Bus
    try {
      a = await redisBus({ redis: parseRedis(url), log: silentLog, prefix })
    } catch {
      console.log('      skipped: no Redis (MAILBOX_TEST_REDIS)')
      return this.skip()
    }
    const b = await redisBus({ redis: parseRedis(url), log: silentLog, prefix })
    const [ofA, ofB] = [ear(a), ear(b)]
    a.publish(listed)
    a.publish(reached(4))
    await ofB.until(is(4))
    b.publish(reached(5))
    await ofA.until(is(5))
    assert.deepEqual(ofB.heard, [listed, reached(4)])
    assert.deepEqual(ofA.heard, [reached(5)])
    await Promise.all([a.close(), b.close()])
  })

  it('says that something may be missed after the connection was lost, and goes on', async function () {
    const { hostname, port } = new URL(url)
    const sockets = new Set<Socket>()
    const proxy = createServer((client) => {
      const server = connect(Number(port || 6379), hostname)
      for (const socket of [client, server]) sockets.add(socket.on('error', () => {}))
      client.pipe(server).pipe(client)
    })
    proxy.listen(0, '127.0.0.1')
    await once(proxy, 'listening')
    const address = proxy.address()
    assert.ok(typeof address === 'object' && address !== null)
    const prefix = `mailbox-test-gap-${process.pid}`
    let direct: Bus
    try {
      direct = await redisBus({ redis: parseRedis(url), log: silentLog, prefix })
    } catch {
      console.log('      skipped: no Redis (MAILBOX_TEST_REDIS)')
      proxy.close()
      return this.skip()
    }
    after(async () => {
      await Promise.all([shaky.close(), direct.close()])
      proxy.close()
    })
    const shaky = await redisBus({ redis: parseRedis(`redis://127.0.0.1:${address.port}`), log: silentLog, prefix })
    const [ofShaky, ofDirect] = [ear(shaky), ear(direct)]
    for (const socket of sockets) socket.destroy()
    // Cannot be said now; the others hear of a gap later.
    shaky.publish(reached(8))
    await Promise.all([ofShaky.until(isGap), ofDirect.until((one) => isGap(one) || is(8)(one))])
    direct.publish(reached(9))
    await ofShaky.until(is(9))
  })
})
