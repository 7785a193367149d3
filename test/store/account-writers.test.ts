import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { nothingLost } from '../../lib/store/conformance/accounts'
import { newAccount } from '../../lib/store/conformance/fixtures'
import { openLmdbStore } from '../../lib/store/lmdb'

describe('processes that change one account at once', function () {
  this.timeout(120_000)
  let folder: string
  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-writers-'))
  })
  after(() => rmSync(folder, { recursive: true, force: true }))

  it('no change is lost, and no epoch comes back', async () => {
    const store = await openLmdbStore({ path: folder })
    const { id } = await newAccount(store, 'together@example.org')
    const writers = ['one', 'two', 'three']
    const told = await Promise.all(
      writers.map(async (who): Promise<[string, string][]> => {
        const args = [folder, 'together@example.org', who]
        const child = fork(path.join(__dirname, 'account-writer.ts'), args, { execArgv: ['-r', 'ts-node/register'] })
        const [message] = await once(child, 'message')
        const [code] = child.exitCode === null ? await once(child, 'exit') : [child.exitCode]
        assert.equal(code, 0)
        return message
      }),
    )
    await nothingLost(store, id, writers, new Map(told.flat()))
    await store.close()
  })
})
