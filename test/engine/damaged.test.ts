import assert from 'node:assert/strict'
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { randomFrom, SEED } from '../random'
import { createNumbersOpener } from './images'
import { SMALL, startStorm } from './storm'

const LONG = Boolean(process.env.MAILBOX_LONG)
const FILES = LONG ? 400 : 20
const FLIPPED = 6

/** What an operator is told, or what a look at the rows finds: never a crash, never a hang. */
const CLEAR =
  /numbers\.sqlite is damaged \(.+\): |integrity: |the octets of|writes, from|at \d+ there is|rows of|writes of all|acknowledged|the next places|after another opening/

describe('a file of SQLite that is broken', function () {
  this.timeout(LONG ? 1_800_000 : 120_000)
  const opener = createNumbersOpener()
  let folder: string
  /** closed */
  let whole: string
  /** of a process that was killed, with a log */
  let logged: string
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-damaged-'))
    whole = path.join(folder, 'whole.sqlite')
    assert.equal(
      await startStorm({ file: whole, writer: 1, seed: 1, writes: 150, sessions: 4, settings: SMALL }).ended,
      0,
    )
    logged = path.join(folder, 'logged.sqlite')
    let last = 0
    const order = {
      file: logged,
      writer: 1,
      seed: 1,
      writes: 300,
      sessions: 4,
      settings: { ...SMALL, log: 1_000_000, idle: 60_000 },
    }
    // Killed, so that its log is left.
    const storm = startStorm(order, undefined, (note) => {
      if (note.is !== 'done') return
      last = Math.max(last, note.place)
      if (last > 250) storm.child.kill('SIGKILL')
    })
    assert.equal(await storm.ended, 'SIGKILL')
    assert.ok(statSync(`${logged}-wal`).size > 0)
  })
  after(() => {
    opener.end()
    rmSync(folder, { recursive: true, force: true })
  })

  async function opened(base: string, damage: (file: string) => void = () => undefined): Promise<readonly string[]> {
    const place = mkdtempSync(path.join(folder, 'broken-'))
    const file = path.join(place, 'numbers.sqlite')
    for (const end of ['', '-wal']) if (existsSync(`${base}${end}`)) copyFileSync(`${base}${end}`, `${file}${end}`)
    damage(file)
    const faults = await opener.open({ file, durable: 0, told: [], disposable: false })
    rmSync(place, { recursive: true })
    return faults
  }

  it('is whole without damage', async () => {
    assert.deepEqual(await opened(whole), [])
    assert.deepEqual(await opened(logged), [])
  })

  for (const [what, damage] of Object.entries({
    'of zeros': (file: string) => writeFileSync(file, Buffer.alloc(statSync(file).size)),
    'that is empty': (file: string) => truncateSync(file, 0),
    'cut in half': (file: string) => truncateSync(file, statSync(file).size / 2),
  })) {
    it(`a file ${what}: named, with what to do`, async () => {
      const faults = await opened(whole, damage)
      assert.match(faults.join(), /numbers\.sqlite is damaged \(.+\): restore it from a backup/)
    })
    it(`a log ${what}: what is before it is whole`, async () => {
      assert.deepEqual(await opened(logged, (file) => damage(`${file}-wal`)), [])
    })
  }

  const flip = (file: string, random: (below: number) => number): void => {
    const octets = readFileSync(file)
    for (let flipped = 0; flipped < FLIPPED; flipped++) octets[random(octets.length)] = random(256)
    writeFileSync(file, octets)
  }

  it(`${FLIPPED} flipped octets anywhere in the file: told, ${FILES} times, seed ${SEED}`, async () => {
    const random = randomFrom(SEED)
    let told = 0
    for (let round = 0; round < FILES; round++) {
      const faults = await opened(whole, (file) => flip(file, random))
      if (faults.length > 0) told += 1
      for (const fault of faults) assert.match(fault, CLEAR)
    }
    assert.ok(told > 0)
  })

  it(`${FLIPPED} flipped octets anywhere in the log: what is before is whole, ${FILES} times, seed ${SEED}`, async () => {
    const random = randomFrom(SEED)
    for (let round = 0; round < FILES; round++) {
      assert.deepEqual(await opened(logged, (file) => flip(`${file}-wal`, random)), [])
    }
  })
})
