import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openEmbeddedLocks } from '../../lib/locks/embedded'
import { lockSettings } from '../../lib/locks/settings'
import { type Log, silentLog } from '../../lib/terms/ports'
import { eventually } from '../eventually'
import { randomFrom, SEED } from '../random'
import type { Orders, Told } from './crowd'

const LONG = Boolean(process.env.MAILBOX_LONG)
const EXPIRY = 5000
const ACCOUNTS = 3
const below = randomFrom(SEED)

/** One process of the crowd. */
class Member {
  readonly child: ChildProcess
  granted = 0
  readonly overlaps: string[] = []
  readonly errors: string[] = []
  readonly warnings: string[] = []
  open = false
  stopped = false

  constructor(orders: Orders) {
    this.child = fork(path.join(__dirname, 'crowd.ts'), [], {
      execArgv: ['-r', 'ts-node/register'],
      env: { ...process.env, TS_NODE_TRANSPILE_ONLY: '1' },
    })
    this.child.on('message', (told: Told) => {
      if (told.kind === 'open') this.open = true
      else if (told.kind === 'granted') this.granted += 1
      else if (told.kind === 'overlap') this.overlaps.push(told.text)
      else if (told.kind === 'stopped') this.stopped = true
      else (told.level === 'error' ? this.errors : this.warnings).push(told.text)
    })
    this.child.send(orders)
  }
  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null
  }
  async kill(): Promise<void> {
    if (!this.runs) return
    const exited = once(this.child, 'exit')
    this.child.kill('SIGKILL')
    await exited
  }
  async stop(): Promise<void> {
    const exited = this.runs ? once(this.child, 'exit') : undefined
    this.child.send('stop')
    await exited
    assert.ok(this.stopped, `ended with ${this.child.exitCode}\n${this.errors.join('\n')}`)
  }
}

class Crowd {
  readonly folder: string
  readonly proofs: string
  readonly gone: Member[] = []
  members: Member[] = []

  constructor(readonly home: string) {
    this.folder = path.join(home, 'locks')
    this.proofs = path.join(home, 'proofs')
    mkdirSync(this.proofs)
  }
  join(): Member {
    const { folder, proofs } = this
    const member = new Member({ folder, proofs, expiry: EXPIRY, accounts: ACCOUNTS, seed: below(2 ** 30) })
    this.members.push(member)
    return member
  }
  /** Each gets so many locks more. */
  async works(more: number, after = 'the start'): Promise<void> {
    const before = new Map(this.members.map((member) => [member, member.granted]))
    for (const [member, granted] of before)
      await eventually(
        `process ${member.child.pid} gets locks after ${after}:\n${[...member.errors, ...member.warnings].join('\n')}`,
        () => {
          assert.ok(member.runs, `ended with ${member.child.exitCode ?? member.child.signalCode}`)
          return member.granted >= granted + more
        },
        { within: 60_000 },
      )
    this.noOverlap(after)
  }
  /** While one of them is stopped, not for so long that it is taken for dead; then one may be killed. */
  async suffers(harm: () => void): Promise<void> {
    const stopped = this.members[below(this.members.length)]
    const killed = below(3) === 0 ? this.members[below(this.members.length)] : undefined
    stopped?.child.kill('SIGSTOP')
    try {
      harm()
      await pause(below(100))
    } finally {
      stopped?.child.kill('SIGCONT')
    }
    if (!killed) return
    await this.kill(killed)
    this.join()
  }
  noOverlap(after: string): void {
    for (const { overlaps } of [...this.members, ...this.gone])
      assert.deepEqual(overlaps, [], `two held one lock after ${after} (MAILBOX_SEED=${SEED})`)
  }
  async kill(member: Member): Promise<void> {
    await member.kill()
    this.gone.push(member)
    this.members = this.members.filter((other) => other !== member)
  }
  async end(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()))
    this.noOverlap('the end')
  }
  async killAll(): Promise<void> {
    await Promise.all(this.members.map((member) => member.kill()))
  }
  /** The files of the table now, without SQLite's shared memory. */
  get files(): string[] {
    const numbers = readdirSync(this.folder).map((name) => Number(/^locks\.\w+\.(\d+)\.sqlite$/.exec(name)?.[1] ?? 0))
    const newest = Math.max(...numbers)
    return readdirSync(this.folder)
      .filter((name) => new RegExp(`\\.${newest}\\.sqlite(-wal)?$`).test(name))
      .map((name) => path.join(this.folder, name))
  }
  get tables(): number {
    return readdirSync(this.folder).filter((name) => name.endsWith('.sqlite')).length
  }
}

/** Writes into a file that others have open, and leaves its length. */
function overwrite(file: string, octets: Buffer, at: number): void {
  const descriptor = openSync(file, 'r+')
  try {
    writeSync(descriptor, octets, 0, octets.length, at)
  } finally {
    closeSync(descriptor)
  }
}
const random = (length: number): Buffer => Buffer.from(Array.from({ length }, () => below(256)))

const DAMAGE: Readonly<Record<string, (file: string) => void>> = {
  'of zeros': (file) => overwrite(file, Buffer.alloc(statSync(file).size), 0),
  'of rubbish': (file) => overwrite(file, random(statSync(file).size), 0),
  'that is empty': (file) => truncateSync(file, 0),
  'that is cut': (file) => truncateSync(file, Math.floor(statSync(file).size / 2)),
  'with flipped octets': (file) => {
    const octets = readFileSync(file)
    for (let flips = octets.length / 50; flips > 0; flips--) {
      const at = below(octets.length)
      octets[at] = (octets[at] ?? 0) ^ (1 << below(8))
    }
    writeFileSync(file, octets)
  },
}

describe('a damaged lock table', function () {
  this.timeout(180_000)
  let home: string
  let crowd: Crowd
  beforeEach(() => {
    home = mkdtempSync(path.join(tmpdir(), 'mailbox-lock-damage-'))
    crowd = new Crowd(home)
  })
  afterEach(async () => {
    await crowd.killAll()
    rmSync(home, { recursive: true, force: true })
  })

  const open = (log: Log = silentLog) =>
    openEmbeddedLocks({ path: crowd.folder, settings: { ...lockSettings({}), expiry: EXPIRY }, log })

  /** A table that has seen something. */
  async function used(): Promise<string> {
    const locks = await open()
    for (let number = 0; number < 200; number++)
      await locks.hold(
        { account: `account${number}`, access: 'exclusive', protocol: 'pop3', address: '192.0.2.1' },
        async () => undefined,
      )
    await locks.close()
    const [file] = crowd.files
    assert.ok(file)
    return file
  }

  for (const [what, damage] of Object.entries(DAMAGE)) {
    it(`several processes start at once over a file ${what}: they use one new table`, async () => {
      damage(await used())
      for (let number = 0; number < 3; number++) crowd.join()
      await crowd.works(20)
      assert.equal(crowd.tables, 2)
      await crowd.end()
      // One line in the log.
      const lines = crowd.members.flatMap(({ errors }) => errors)
      assert.equal(lines.length, 1, lines.join('\n'))
      assert.match(lines[0] ?? '', /locks\.\w+\.1\.sqlite is damaged \(.+\): it is put aside/)
    })
  }

  /** What may happen to the files of processes at work. @param copies as they were a while ago, in the same order */
  const AT_WORK: Readonly<Record<string, (files: readonly string[], copies: readonly Buffer[]) => void>> = {
    'cut in the middle of a page': (files) => {
      for (const file of files) truncateSync(file, Math.max(0, statSync(file).size - 1 - below(6 * 4096)))
    },
    'overwritten with zeros': (files) => files.forEach(DAMAGE['of zeros'] ?? assert.fail),
    'overwritten with rubbish': (files) => files.forEach(DAMAGE['of rubbish'] ?? assert.fail),
    'with flipped octets': (files) => files.forEach(DAMAGE['with flipped octets'] ?? assert.fail),
    removed: (files) => {
      for (const file of files) rmSync(file)
    },
    'without their log': ([, log = '']) => rmSync(log),
    'without their shared memory': ([file = '']) => rmSync(`${file}-shm`),
    'with pages of a while ago': (files, copies) => {
      for (const [index, file] of files.entries()) overwrite(file, copies[index] ?? Buffer.alloc(0), 0)
    },
    'replaced by a copy of a while ago': ([file = ''], [copy = Buffer.alloc(0)]) => {
      writeFileSync(`${file}.copy`, copy)
      renameSync(`${file}.copy`, file)
    },
  }
  /** milliseconds of harm, in an order of chance */
  const AT_WORK_FOR = LONG ? 600_000 : 12_000

  it(`of processes at work is left by all of them, and two never hold one lock, seed ${SEED}`, async function () {
    this.timeout(AT_WORK_FOR + 240_000)
    for (let number = 0; number < 3; number++) crowd.join()
    await crowd.works(5)
    const kinds = Object.entries(AT_WORK).sort(() => below(3) - 1)
    const end = performance.now() + AT_WORK_FOR
    for (let round = 0; performance.now() < end && (LONG || round < kinds.length); round++) {
      const [what, harm] = kinds[round % kinds.length] ?? assert.fail()
      const files = crowd.files
      const copies = files.map((file) => readFileSync(file))
      await crowd.works(2)
      await crowd.suffers(() => harm(files, copies))
      await crowd.works(5, what)
    }
    await crowd.end()
  })

  it('whose log is cut while nobody writes is left by the next one', async () => {
    const errors: string[] = []
    const [here, there] = [await open({ ...silentLog, error: (text) => errors.push(text) }), await open()]
    const request = { account: 'account1', access: 'exclusive', protocol: 'pop3', address: '192.0.2.1' } as const
    const lease = await there.acquire(request)
    assert.ok(lease.ok)
    for (const file of crowd.files) truncateSync(file, 1000)
    const next = await here.acquire(request)
    assert.ok(next.ok)
    assert.equal(lease.value.lost.reason, 'expired')
    assert.ok(next.value.fence > lease.value.fence)
    assert.equal(errors.length, 1)
    assert.match(errors[0] ?? '', /locks\.\w+\.1\.sqlite is damaged \(.+\): it is put aside/)
    await Promise.all([here.close(), there.close()])
  })

  it('of another boot is removed, with its log', async () => {
    const file = await used()
    const other = path.basename(file).replace(/^locks\.\w+\./, 'locks.0123abcd.')
    for (const name of [other, `${other}-wal`, `${other}-shm`]) writeFileSync(path.join(crowd.folder, name), 'rubbish')
    writeFileSync(path.join(crowd.folder, 'notes'), 'of somebody else')
    const locks = await open()
    const left = readdirSync(crowd.folder).filter((name) => name.startsWith(other))
    assert.deepEqual(left, [])
    assert.ok(existsSync(path.join(crowd.folder, 'notes')))
    assert.ok(existsSync(file))
    await locks.close()
  })
})
