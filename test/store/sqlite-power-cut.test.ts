import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { bootId } from '../../lib/processes/identity'
import { add, named, newAccount, value } from '../../lib/store/conformance/fixtures'
import { LEAP } from '../../lib/store/gaps'
import { openSqliteStore } from '../../lib/store/sqlite'
import { openMail } from '../../lib/store/sqlite/mail'
import { flagSet } from '../../lib/terms/flags'
import { randomFrom, SEED } from '../random'
import { Disk } from '../record/disk-model'
import { startRecording } from '../record/recorder'
import type { FlagsOrder } from './flags-child'
import { comingBack, type Known, knownOf, NAME } from './flags-known'

const LONG = Boolean(process.env.MAILBOX_LONG)
const IMAGES = LONG ? 400 : 15
const SEEN = flagSet(['\\Seen'])

function startFlags(order: FlagsOrder, env: Readonly<Record<string, string>> = {}): ChildProcess {
  return fork(path.join(__dirname, 'flags-child.ts'), [JSON.stringify(order)], {
    execArgv: ['-r', 'ts-node/register'],
    env: { ...process.env, ...env },
  })
}

describe('sqlite: the power goes, and flags that were told with it', function () {
  this.timeout(LONG ? 3_600_000 : 180_000)
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-cut-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  /** Flags of a store in a folder of its own, and the mod-sequence that they have. */
  async function flagged(name: string): Promise<{ path: string; id: Awaited<ReturnType<typeof newAccount>>['id'] }> {
    const place = path.join(folder, name)
    const store = await openSqliteStore({ path: place })
    const { id, inbox } = await newAccount(store, NAME)
    const uids = await add(store, id, inbox, 'a', 'b')
    value(await store.messages.storeFlags(id, inbox.id, uids, 'add', SEEN))
    await store.close()
    return { path: place, id }
  }
  /** As a process leaves it that has no time to close. */
  async function leave(place: string, identity: string): Promise<void> {
    const mail = await openMail(place)
    await mail.write('markUnflushed', [identity, []])
    await mail.close()
  }
  async function leaps(place: string, id: Awaited<ReturnType<typeof flagged>>['id'], boot?: string): Promise<number> {
    const store = await openSqliteStore({ path: place, ...(boot !== undefined && { boot }) })
    const { gaps, highestModSeq } = await named(store, id, 'INBOX')
    await store.close()
    assert.equal(gaps.length, Math.floor(highestModSeq / LEAP))
    return gaps.length
  }

  it('a store that was closed leaps at no boot', async () => {
    const { path: place, id } = await flagged('closed')
    assert.equal(await leaps(place, id), 0)
    assert.equal(await leaps(place, id, 'another'), 0)
  })

  it('a process that was killed in this boot lost nothing, and is forgotten with the next flags', async () => {
    const { path: place, id } = await flagged('killed')
    await leave(place, `2147483646.1.${bootId()}.0`)
    assert.equal(await leaps(place, id), 0)
    const store = await openSqliteStore({ path: place })
    const { id: inbox } = await named(store, id, 'INBOX')
    value(
      await store.messages.storeFlags(
        id,
        inbox,
        [...(await add(store, id, await named(store, id, 'INBOX'), 'c'))],
        'add',
        SEEN,
      ),
    )
    await store.close()
    assert.equal(await leaps(place, id, 'another'), 0)
  })

  it('one that ended with its machine: who opens first leaps, once', async () => {
    const { path: place, id } = await flagged('lost')
    await leave(place, '1.1.another.0')
    const stores = await Promise.all(Array.from({ length: 5 }, () => openSqliteStore({ path: place })))
    const seen = await Promise.all(stores.map(async (store) => (await named(store, id, 'INBOX')).gaps.length))
    assert.deepEqual(seen, [1, 1, 1, 1, 1])
    await Promise.all(stores.map((store) => store.close()))
    assert.equal(await leaps(place, id), 1)
  })

  it('kill -9 between flags: all that was told is there, and nothing leaps', async () => {
    const place = path.join(folder, 'storm')
    const told: Known[] = []
    const child = startFlags({ folder: place, notes: undefined, first: true, seed: SEED, writes: 100_000 })
    child.on('message', (known: Known) => {
      if (told.push(known) === 50) child.kill('SIGKILL')
    })
    await once(child, 'exit')
    const store = await openSqliteStore({ path: place })
    const id = (await store.accounts.find(NAME))?.id
    assert.ok(id)
    const now = await knownOf(store, id)
    const last = told.at(-1)
    if (last?.modSeq === now.modSeq) assert.deepEqual(now, last)
    for (const known of told) assert.equal(await comingBack(store, id, known), undefined)
    assert.deepEqual((await named(store, id, 'INBOX')).gaps, [])
    await store.close()
    // The same file after the machine has gone too: what that process wrote may be lost.
    assert.equal(await leaps(place, id, 'another'), 1)
  })

  it(`at any moment: no number is believed that was lost (${IMAGES} images, seed ${SEED})`, async function () {
    const recording = startRecording()
    if (!recording) return this.skip()
    try {
      const place = path.join(recording.folder, 'mail')
      const orders = [0, 1].map((nth) => ({ notes: recording.notes, first: nth === 0, seed: SEED + nth, writes: 150 }))
      const ended = orders.map((order) => once(startFlags({ ...order, folder: place }, recording.env), 'exit'))
      for (const end of ended) assert.deepEqual(await end, [0, null])
      const events = recording.events()
      const random = randomFrom(SEED)
      const disk = new Disk(random)
      const moments = Array.from({ length: IMAGES }, () => random(events.length) + 1).concat(events.length)
      moments.sort((a, b) => a - b)
      const told: Known[] = []
      const faults: string[] = []
      let lost = 0
      for (const [index, event] of events.entries()) {
        disk.apply(event)
        if (event.kind === 'note') told.push(JSON.parse(event.text))
        while (moments[0] === index + 1) {
          moments.shift()
          if (told.length === 0) continue
          const image = path.join(folder, `image ${index}`)
          mkdirSync(image)
          const how = disk.image(image, random)
          const store = await openSqliteStore({ path: path.join(image, 'mail'), boot: 'the next' })
          const id = (await store.accounts.find(NAME))?.id
          assert.ok(id)
          const { gaps } = await named(store, id, 'INBOX')
          if (gaps.some(({ after }) => told.some(({ modSeq }) => modSeq > after))) lost++
          const found = await Promise.all(told.slice(-40).map((known) => comingBack(store, id, known)))
          for (const fault of [...found, ...(await store.check(id))]) {
            if (fault !== undefined) faults.push(`after event ${index + 1}, ${how}: ${fault}`)
          }
          if (index + 1 === events.length && gaps.length > 0) faults.push('it leapt although it was closed')
          await store.close()
          rmSync(image, { recursive: true, force: true })
        }
      }
      console.log(`      ${events.length} events, ${told.length} told, in ${lost} images some of it was lost`)
      assert.deepEqual(faults.slice(0, 5), [])
      assert.ok(lost > 0)
    } finally {
      recording.remove()
    }
  })
})
