import assert from 'node:assert/strict'
import path from 'node:path'
import { SEED } from '../random'
import { type Recording, startRecording } from '../record/recorder'
import { createNumbersOpener, openNumbers } from './images'
import { SMALL, startStorm } from './storm'

const LONG = Boolean(process.env.MAILBOX_LONG)
const ROUNDS = LONG ? 20 : 1
const IMAGES = LONG ? 250 : 15
const PROCESSES = 3
const WRITES = LONG ? 400 : 120
const NAME = path.join('data', 'numbers.sqlite')

describe('the power goes while SQLite writes', function () {
  this.timeout(LONG ? 3_600_000 : 120_000)
  const opener = createNumbersOpener()
  let recording: Recording | undefined
  after(() => opener.end())
  afterEach(() => recording?.remove())

  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round
    it(`nothing durable is lost, and of what is visible only the end (${IMAGES} images, seed ${seed})`, async function () {
      recording = startRecording()
      if (!recording) return this.skip()
      const file = path.join(recording.folder, NAME)
      const processes = Array.from({ length: PROCESSES }, (_, writer) => {
        const order = { file, writer, seed: seed * 10 + writer, writes: WRITES, sessions: 6, settings: SMALL }
        return startStorm(order, recording)
      })
      for (const { ended } of processes) assert.equal(await ended, 0)
      const events = recording.events()
      const images = await openNumbers(events, NAME, IMAGES, seed, opener)
      console.log(`      ${events.length} events, ${images.count} images, ${images.torn} torn`)
      assert.deepEqual(images.faults, [])
    })
  }
})
