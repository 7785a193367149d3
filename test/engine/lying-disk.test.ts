import assert from 'node:assert/strict'
import path from 'node:path'
import { SEED } from '../random'
import { type Recording, startRecording } from '../record/recorder'
import { createNumbersOpener, openNumbers } from './images'
import { SMALL, startStorm } from './storm'

const LONG = Boolean(process.env.MAILBOX_LONG)
const IMAGES = LONG ? 2000 : 15
const NAME = path.join('data', 'numbers.sqlite')

describe('the power goes, and the disk had not flushed what it said', function () {
  this.timeout(LONG ? 3_600_000 : 120_000)
  const opener = createNumbersOpener()
  let recording: Recording | undefined
  after(() => opener.end())
  afterEach(() => recording?.remove())

  it(`a file that can be made anew is opened, or put aside; another one never ends the process (${IMAGES} images, seed ${SEED})`, async function () {
    recording = startRecording()
    if (!recording) return this.skip()
    const file = path.join(recording.folder, NAME)
    const processes = [0, 1].map((writer) => {
      const order = { file, writer, seed: SEED + writer, writes: 150, sessions: 6, settings: SMALL }
      return startStorm(order, recording)
    })
    for (const { ended } of processes) assert.equal(await ended, 0)
    const events = recording.events()
    const anew = await openNumbers(events, NAME, IMAGES, SEED, opener, { lies: true, disposable: true })
    assert.deepEqual(anew.faults, [])
    // One that cannot: whatever is wrong is told.
    const { faults } = await openNumbers(events, NAME, IMAGES, SEED, opener, { lies: true })
    for (const fault of faults) assert.doesNotMatch(fault, /it ended with|it hangs/)
  })
})
