import assert from 'node:assert/strict'
import path from 'node:path'
import { randomFrom, SEED } from '../random'
import { type Fault, type Recording, startRecording } from '../record/recorder'
import { createNumbersOpener, openNumbers } from './images'
import { SMALL, startStorm } from './storm'

const LONG = Boolean(process.env.MAILBOX_LONG)
const ROUNDS = LONG ? 20 : 1
const IMAGES = LONG ? 250 : 15
const PROCESSES = 2
const WRITES = LONG ? 400 : 200
/** Between two faults, in all processes together. */
const ANSWERS = 20
const NAME = path.join('data', 'numbers.sqlite')
const LOG = `${NAME}-wal`

const FAULTS: readonly Fault[] = [
  { on: 'sync', of: LOG, error: 'EIO', count: 1 },
  { on: 'sync', of: LOG, error: 'EIO', count: 3 },
  { on: 'sync', of: LOG, error: 'ENOSPC', count: 1 },
  { on: 'sync', of: NAME, error: 'EIO', count: 1 },
  { on: 'write', of: LOG, error: 'EIO', count: 1 },
  { on: 'write', of: LOG, error: 'ENOSPC', count: 3, part: true },
  { on: 'write', of: NAME, error: 'EIO', count: 1, part: true },
  { on: 'write', of: LOG, error: 'EROFS', count: 5 },
  { on: 'truncate', of: LOG, error: 'EIO', count: 1 },
  { on: 'open', of: NAME, error: 'EMFILE', count: 1 },
]

describe('the disk refuses while SQLite writes, and then the power goes', function () {
  this.timeout(LONG ? 3_600_000 : 120_000)
  const opener = createNumbersOpener()
  let recording: Recording | undefined
  after(() => opener.end())
  afterEach(() => recording?.remove())

  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round
    it(`what was acknowledged as durable after an error is on the disk (${IMAGES} images, seed ${seed})`, async function () {
      recording = startRecording()
      if (!recording) return this.skip()
      const disk = recording
      const random = randomFrom(seed)
      let told = 0
      let refused = 0
      let hits = 0
      const file = path.join(disk.folder, NAME)
      const processes = Array.from({ length: PROCESSES }, (_, writer) => {
        const order = { file, writer, seed: seed * 10 + writer, writes: WRITES, sessions: 6, settings: SMALL }
        return startStorm(order, disk, (note) => {
          if (note.is === 'refused') refused += 1
          if (note.is === 'asked' || ++told % ANSWERS > 0) return
          hits += disk.hits()
          const fault = FAULTS[random(FAULTS.length)]
          if (fault) disk.order({ ...fault, skip: random(4) })
        })
      })
      for (const { ended } of processes) assert.equal(await ended, 0)
      const images = await openNumbers(disk.events(), NAME, IMAGES, seed, opener)
      console.log(`      ${hits} errors, ${refused} refused, ${images.count} images`)
      assert.ok(hits > 0 && refused > 0)
      assert.deepEqual(images.faults, [])
    })
  }

  for (const { of, opens } of [
    { of: NAME, opens: 5 },
    { of: LOG, opens: 5 },
    { of: 'data', opens: 4 },
  ]) {
    it(`no descriptor is left when ${of} is opened: the file is named, and opened later`, async function () {
      recording = startRecording()
      if (!recording) return this.skip()
      const file = path.join(recording.folder, NAME)
      let refused = 0
      for (let skip = 0; skip < opens; skip++) {
        recording.order({ on: 'open', of, error: 'EMFILE', skip, count: 1 })
        const order = { file, writer: skip, seed: skip, writes: 20, sessions: 2, settings: SMALL }
        const storm = startStorm(order, recording, (note) => {
          if (note.is !== 'refused') return
          refused += 1
          assert.ok(note.why.startsWith(file), note.why)
        })
        assert.equal(await storm.ended, 0)
      }
      assert.ok(refused > 0)
    })
  }
})
