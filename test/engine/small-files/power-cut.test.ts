import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { SEED } from '../../random'
import type { DiskOptions } from '../../record/disk-model'
import type { DiskEvent } from '../../record/events'
import { type Images, openImages } from '../../record/images'
import { createOpener } from '../../record/opener'
import { type Recording, startRecording } from '../../record/recorder'
import type { SmallImage } from './image-child'
import type { SmallNote } from './open'
import type { SmallOrder } from './storm-child'

const LONG = Boolean(process.env.MAILBOX_LONG)
const IMAGES = LONG ? 2000 : 10
const WRITES = LONG ? 300 : 40

describe('the power goes while locks, attempts, deliveries and web sessions are written', function () {
  this.timeout(LONG ? 3_600_000 : 120_000)
  const opener = createOpener<SmallImage>(path.join(__dirname, 'image-child.ts'))
  let recording: Recording | undefined
  let events: DiskEvent[] = []
  before(async function () {
    recording = startRecording()
    if (!recording) return this.skip()
    const { folder, notes, env } = recording
    const processes = [0, 1].map((writer) => {
      const order: SmallOrder = { folder, notes, writer, seed: SEED + writer, writes: WRITES }
      return fork(path.join(__dirname, 'storm-child.ts'), [JSON.stringify(order)], {
        execArgv: ['-r', 'ts-node/register'],
        env: { ...process.env, ...env },
      })
    })
    for (const code of await Promise.all(processes.map((child) => once(child, 'exit')))) assert.equal(code[0], 0)
    events = recording.events()
  })
  after(() => {
    opener.end()
    recording?.remove()
  })

  function imagesOf(seed: number, options: DiskOptions = {}): Promise<Images> {
    const made = new Set<string>()
    const removed = new Set<string>()
    const codes = new Map<string, number>()
    const hear = (note: SmallNote): void => {
      if (note.is === 'code') codes.set(note.account, note.step)
      else if (note.is === 'made') made.add(note.secret)
      else if (note.is === 'removing') made.delete(note.secret)
      else removed.add(note.secret)
    }
    return openImages(
      events,
      IMAGES,
      seed,
      {
        hear: (text) => hear(JSON.parse(text)),
        open: (folder) =>
          opener.open({
            folder,
            made: [...made],
            removed: [...removed],
            codes: [...codes],
            lies: options.lies === true,
          }),
      },
      options,
    )
  }

  it(`every file opens; what was promised is there, and of the rest the end is missing at most (${IMAGES} images, seed ${SEED})`, async () => {
    const images = await imagesOf(SEED)
    console.log(`      ${events.length} events, ${images.count} images, ${images.torn} torn`)
    assert.deepEqual(images.faults, [])
    assert.ok(images.torn > 0)
  })

  it(`a disk that had not flushed what it said never keeps a server down (${IMAGES} images, seed ${SEED})`, async () => {
    assert.deepEqual((await imagesOf(SEED, { lies: true })).faults, [])
  })
})
