import assert from 'node:assert/strict'
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { named, rowsOf } from '../../lib/store/conformance/fixtures'
import { EMBEDDED, storeOrSkip, type TestStore } from '../stores'

const ROUNDS = process.env.MAILBOX_LONG ? 40 : 4
const ENOUGH = 150

interface Acknowledged {
  readonly uid: number
  readonly text: string
}

function startWriter(driver: string, folder: string, name: string): ChildProcess {
  return fork(path.join(__dirname, 'writer.ts'), [driver, folder, name], { execArgv: ['-r', 'ts-node/register'] })
}

/** Kills in the middle of work: once `ENOUGH` messages are acknowledged, 32 others are on their way. */
async function killInTheMiddle(child: ChildProcess): Promise<Acknowledged[]> {
  const acknowledged: Acknowledged[] = []
  child.on('message', (message: Acknowledged) => {
    acknowledged.push(message)
    if (acknowledged.length === ENOUGH) child.kill('SIGKILL')
  })
  const [code, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL', `the writer ended by itself with ${code} after ${acknowledged.length} messages`)
  return acknowledged
}

for (const driver of EMBEDDED) {
  describe(`kill -9 in the middle of 32 concurrent deliveries, on ${driver}`, function () {
    this.timeout(120_000)
    let place: TestStore | undefined
    before(async () => {
      place = await storeOrSkip(driver)
    })
    after(() => place?.remove())

    it(`no acknowledged message is missing or doubled, ${ROUNDS} times`, async () => {
      assert.ok(place)
      const { folder } = place.place
      const store = await place.open()
      let total = 0
      // Two at once: writers of other processes go on while one is killed.
      for (let round = 0; round < ROUNDS; round += 2) {
        const names = [round, round + 1].map((number) => `writer${number}@example.org`)
        const results = await Promise.all(names.map((name) => killInTheMiddle(startWriter(driver, folder, name))))
        for (const [index, name] of names.entries()) {
          const account = await store.accounts.find(name)
          assert.ok(account)
          const rows = await rowsOf(store, account.id, await named(store, account.id, 'INBOX'))
          const subjects = new Map(rows.map((row) => [Number(row.uid), row.prepared.preview]))
          for (const { uid, text } of results[index] ?? []) assert.equal(subjects.get(uid), text)
          assert.equal(new Set(subjects.values()).size, rows.length, 'a message is there twice')
          assert.deepEqual(await store.check(account.id), [])
          total += results[index]?.length ?? 0
        }
      }
      await store.close()
      assert.ok(total >= ROUNDS * ENOUGH)
    })
  })
}
