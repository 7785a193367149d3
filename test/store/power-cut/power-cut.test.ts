import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { SEED } from '../../random'
import { openImages } from '../../record/images'
import { createOpener } from '../../record/opener'
import { type Recording, startRecording } from '../../record/recorder'
import { Facts } from './facts'
import type { StoreImageOrder } from './store-image-child'
import type { StoreStormOrder } from './store-storm-child'

const LONG = Boolean(process.env.MAILBOX_LONG)
const ROUNDS = LONG ? 10 : 1
const IMAGES = LONG ? 200 : 20
const PROCESSES = 3
const ACTS = LONG ? 300 : 80
const NAME = 'mail'

describe('the power goes while a SQLite store is used', function () {
  this.timeout(LONG ? 3_600_000 : 180_000)
  const opener = createOpener<StoreImageOrder>(path.join(__dirname, 'store-image-child.ts'))
  let recording: Recording | undefined
  after(() => opener.end())
  afterEach(() => recording?.remove())

  for (let round = 0; round < ROUNDS; round++) {
    const seed = SEED + round
    it(`no acknowledged message is lost, no UID given twice, check is clean (${IMAGES} images, seed ${seed})`, async function () {
      recording = startRecording()
      if (!recording) return this.skip()
      const { folder, notes, env } = recording
      const ended = Array.from({ length: PROCESSES }, async (_, writer) => {
        const order: StoreStormOrder = {
          ...{ folder: path.join(folder, NAME), notes, writer, seed: seed * 10 + writer, acts: ACTS, sessions: 4 },
        }
        const child = fork(path.join(__dirname, 'store-storm-child.ts'), [JSON.stringify(order)], {
          execArgv: ['-r', 'ts-node/register'],
          env: { ...process.env, ...env },
        })
        return (await once(child, 'exit'))[0]
      })
      assert.deepEqual(await Promise.all(ended), [0, 0, 0])
      const facts = new Facts()
      const events = recording.events()
      const images = await openImages(events, IMAGES, seed, {
        hear: (text) => facts.hear(JSON.parse(text)),
        open: (image) =>
          opener.open({
            folder: path.join(image, NAME),
            account: [...facts.accounts][0],
            mailboxes: [...facts.mailboxes],
            places: [...facts.places.values()],
            marks: [...facts.marks],
          }),
      })
      console.log(
        `      ${events.length} events, ${images.count} images, ${images.torn} torn, ${facts.places.size} told`,
      )
      assert.ok(facts.places.size > 0 && facts.marks.size > 0 && facts.mailboxes.size > 0)
      assert.deepEqual(images.faults, [])
    })
  }
})
