import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { nothingLost } from '../../lib/store/conformance/accounts'
import { newAccount } from '../../lib/store/conformance/fixtures'
import { EMBEDDED, storeOrSkip, type TestStore } from '../stores'
import { MARKS, SCRIPTS, type Told } from './account-writer'

for (const driver of EMBEDDED) {
  describe(`processes that change one account at once, on ${driver}`, function () {
    this.timeout(120_000)
    let place: TestStore | undefined
    before(async () => {
      place = await storeOrSkip(driver)
    })
    after(() => place?.remove())

    it('no change is lost, no epoch comes back, and no mark is set twice', async () => {
      assert.ok(place)
      const { folder } = place.place
      const store = await place.open()
      const { id } = await newAccount(store, 'together@example.org')
      const writers = ['one', 'two', 'three']
      const told = await Promise.all(
        writers.map(async (who): Promise<Told> => {
          const args = [driver, folder, 'together@example.org', who]
          const child = fork(path.join(__dirname, 'account-writer.ts'), args, { execArgv: ['-r', 'ts-node/register'] })
          const [message] = await once(child, 'message')
          const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
          assert.equal(code, 0)
          return message
        }),
      )
      await nothingLost(store, id, writers, new Map(told.flatMap(({ followed }) => followed)))
      assert.deepEqual(told.flatMap(({ marks }) => marks).sort(), [...MARKS].sort(), 'each mark is set once')
      assert.equal((await store.scripts.list(id)).length, writers.length * SCRIPTS)
      await store.close()
    })
  })
}
