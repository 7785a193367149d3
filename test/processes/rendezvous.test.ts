import assert from 'node:assert/strict'
import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import { lockSettings } from '../../lib/locks/settings'
import { socketBus } from '../../lib/mailbox/bus/socket-bus'
import { openGathering } from '../../lib/metrics/gather'
import { meetingDirectory, openRendezvous } from '../../lib/processes/rendezvous'
import { silentLog } from '../../lib/terms/ports'

const NOBODY = 65534
const asRoot = process.getuid?.() === 0

describe('the meeting place of processes', () => {
  let home: string
  let wanted: string
  const open = (where = wanted) => openRendezvous(where, (socket) => socket.destroy())
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-meet-'))
    wanted = path.join(home, 'meet')
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))

  it('is a private folder with a socket for each process, and vanishes with the last', async () => {
    const [one, two] = [await open(), await open()]
    assert.equal(lstatSync(wanted).mode & 0o777, 0o700)
    assert.deepEqual(readdirSync(wanted).sort(), [one.own, two.own].sort())
    for (const name of [one.own, two.own]) assert.equal(lstatSync(path.join(wanted, name)).mode & 0o777, 0o600)
    assert.match(one.own, new RegExp(`^${process.pid}\\.`))
    one.close()
    assert.deepEqual(readdirSync(wanted), [two.own])
    two.close()
    assert.equal(existsSync(wanted), false)
  })

  it('is made again while others leave it', async () => {
    const meetings = await Promise.all(
      Array.from({ length: 40 }, async (_nothing, nth) => {
        const meeting = await open()
        if (nth % 2) meeting.close()
        return meeting
      }),
    )
    assert.equal(readdirSync(wanted).length, 20)
    for (const meeting of meetings) meeting.close()
    assert.equal(existsSync(wanted), false)
  })

  it('of this user with loose permissions is closed to others', async () => {
    mkdirSync(wanted)
    chmodSync(wanted, 0o777)
    const meeting = await open()
    assert.equal(lstatSync(wanted).mode & 0o777, 0o700)
    meeting.close()
  })

  for (const [what, long] of [
    ['in the home', false],
    ['in the temporary folder', true],
  ] as const) {
    /** where the sockets lie for a home whose name is too long, or is not */
    const place = (): string => {
      const table = long ? path.join(home, 'x'.repeat(80), 'y'.repeat(40)) : wanted
      const directory = meetingDirectory(table)
      rmSync(directory, { recursive: true })
      wanted = table
      return directory
    }
    const opened = {
      'the locks': async () => (await openEmbeddedLocks({ path: home, settings: lockSettings({}) })).close(),
      'the bus': async () => (await socketBus({ directory: wanted, log: silentLog })).close(),
      'the metrics': async () => (await openGathering(wanted)).close(),
    }

    it(`${what}: a link to a folder is refused, and what lies in that folder stays`, async () => {
      const [target, directory] = [path.join(home, 'target'), place()]
      mkdirSync(target)
      writeFileSync(path.join(target, 'data.mdb'), 'kept')
      symlinkSync(target, directory)
      try {
        await assert.rejects(open(), /is a link or a file: sockets need a directory of their own/)
        for (const name of ['the bus', 'the metrics'] as const)
          await assert.rejects(opened[name], /is a link or a file/)
        assert.deepEqual(readdirSync(target), ['data.mdb'])
      } finally {
        rmSync(directory)
      }
    })

    it(`${what}: another user's folder is refused with a clear error, and nothing in it is removed`, async function () {
      if (!asRoot) {
        console.log('      only root can give a folder away: skipped')
        return this.skip()
      }
      const directory = place()
      for (const mode of [0o777, 0o700]) {
        mkdirSync(directory)
        try {
          writeFileSync(path.join(directory, '1.2.dead.beef'), '')
          chownSync(directory, NOBODY, NOBODY)
          chmodSync(directory, mode)
          await assert.rejects(open(), /belongs to another user \(uid 65534\)/)
          assert.deepEqual(readdirSync(directory), ['1.2.dead.beef'])
        } finally {
          rmSync(directory, { recursive: true })
        }
      }
    })
  }

  it('of the locks: linked or of another user, it is refused, and the lock table stays', async () => {
    const target = path.join(home, 'target')
    mkdirSync(target)
    writeFileSync(path.join(target, 'data.mdb'), 'kept')
    const settings = lockSettings({})
    symlinkSync(target, path.join(home, 'peers'))
    await assert.rejects(openEmbeddedLocks({ path: home, settings }), /is a link or a file/)
    assert.deepEqual(readdirSync(target), ['data.mdb'])
    rmSync(path.join(home, 'peers'))
    if (!asRoot) return
    mkdirSync(path.join(home, 'peers'))
    chownSync(path.join(home, 'peers'), NOBODY, NOBODY)
    chmodSync(path.join(home, 'peers'), 0o777)
    await assert.rejects(openEmbeddedLocks({ path: home, settings }), /belongs to another user/)
  })

  it("an administrator's command looks into the home of another user", async function () {
    if (!asRoot) return this.skip()
    const meeting = await open()
    for (const folder of [home, wanted]) chownSync(folder, NOBODY, NOBODY)
    const visitor = await open()
    assert.deepEqual(visitor.others(), [meeting.own])
    visitor.close()
    meeting.close()
  })

  it('no name leads out of it', async () => {
    const meeting = await open()
    for (const name of ['', '.', '..', '../x', 'a/b', '/etc/passwd', 'x'.repeat(200)])
      assert.equal(await meeting.dial(name), undefined)
    meeting.close()
  })
})

/** Connects as a stranger would. @returns after the other side ended it */
async function strange(file: string, octets: Buffer | string): Promise<void> {
  const socket = connect(file)
  socket.on('error', () => undefined)
  socket.write(octets)
  socket.resume()
  await closed(socket)
}
const closed = (socket: Socket): Promise<void> => new Promise((resolve) => socket.once('close', () => resolve()))

describe('strangers on the sockets between processes', function () {
  this.timeout(60_000)
  let home: string
  const HUGE = Buffer.alloc(4 * 1024 * 1024, 'x')
  const GARBAGE = [
    'rubbish\n',
    '\0\xff\n',
    'null\n',
    '{}\n',
    '[1\n',
    '{"kind":"end"}\n',
    '{"kind":"gap"}\n',
    '{"kind":"end","account":1,"id":{}}\n',
  ]
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-meet-'))
  })
  afterEach(() => rmSync(home, { recursive: true, force: true }))
  const only = (folder: string): string => {
    const [name = ''] = readdirSync(folder)
    return path.join(folder, name)
  }

  it('of the bus: garbage, octets without end and a crowd that says nothing are shown out; notices go on', async () => {
    const directory = path.join(home, 'bus')
    const bus = await socketBus({ directory, log: silentLog, lookEvery: 100 })
    const file = only(directory)
    let gaps = 0
    bus.subscribe((notice) => {
      if (notice.kind === 'gap') gaps++
    })
    for (const octets of [...GARBAGE, HUGE]) await strange(file, octets)
    assert.equal(gaps, 0, 'strangers make nobody look for missed notices')
    const crowd: Socket[] = []
    for (let nth = 0; nth < 1500; nth++)
      crowd.push(
        connect(file)
          .on('error', () => undefined)
          .resume(),
      )
    // Silent ones leave the place to others after a while.
    await Promise.all(crowd.map(closed))
    const other = await socketBus({ directory, log: silentLog, lookEvery: 100 })
    const heard = new Promise((resolve) => other.subscribe((notice) => notice.kind === 'mailbox' && resolve(notice)))
    while (bus.peers === 0) await new Promise((resolve) => setImmediate(resolve))
    bus.publish({ kind: 'mailbox', account: 'A1', mailbox: 'M1-1', modSeq: 7 })
    await heard
    await Promise.all([bus.close(), other.close()])
  })

  it('of the locks: garbage, octets without end and a crowd that says nothing are shown out; locks go on', async () => {
    const settings = lockSettings({})
    const here = await openEmbeddedLocks({ path: home, settings })
    const file = only(path.join(home, 'peers'))
    const take = (wait: number) =>
      here.acquire({ account: 'A1', protocol: 'pop3', access: 'exclusive', address: '192.0.2.1', wait })
    const lease = await take(0)
    assert.ok(lease.ok)
    for (const octets of [...GARBAGE, HUGE]) await strange(file, octets)
    const crowd: Socket[] = []
    for (let nth = 0; nth < 1500; nth++)
      crowd.push(
        connect(file)
          .on('error', () => undefined)
          .resume(),
      )
    await Promise.all(crowd.map(closed))
    assert.equal(lease.value.lost.aborted, false)
    const files = readdirSync(home).filter((name) => name.startsWith('locks.'))
    assert.ok(files.length > 0)
    for (const name of files) assert.equal(lstatSync(path.join(home, name)).mode & 0o777, 0o600)
    const there = await openEmbeddedLocks({ path: home, settings })
    const waiting = there.acquire({
      account: 'A1',
      protocol: 'pop3',
      access: 'exclusive',
      address: '192.0.2.1',
      wait: 20_000,
    })
    await lease.value.release()
    const granted = await waiting
    assert.ok(granted.ok)
    await granted.value.release()
    await Promise.all([here.close(), there.close()])
    assert.equal(existsSync(path.join(home, 'peers')), false)
  })

  it('of the metrics: who does not read is let go, and a false process adds nothing', async () => {
    const directory = path.join(home, 'metrics')
    const gathering = await openGathering(directory)
    await strange(only(directory), HUGE)
    const answers = ['rubbish', '{}', '[7]', '[{"name":"x"}]', 'x'.repeat(100_000)]
    for (const answer of answers) {
      const false_ = await openRendezvous(directory, (socket) => socket.end(answer))
      assert.equal(await gathering.text(), '\n')
      false_.close()
    }
    gathering.close()
  })
})
