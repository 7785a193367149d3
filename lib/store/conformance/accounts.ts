import assert from 'node:assert/strict'
import { failed, ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import { type AppPassword, settingCredentials } from '../account'
import type { Store } from '../store'
import { newAccount, value } from './fixtures'
import type { Framework } from './framework'

const WRITERS = 20
const TURNS = 10

const appPassword = (id: string): AppPassword => ({
  id,
  label: id,
  password: `{SSHA512}${id}`,
  protocols: [],
  createdAt: 0,
})

/**
 * Changes of one account by many at once: every fourth gives it a new epoch, the others add to what is there.
 * @returns what each new epoch followed
 */
export async function changeTogether(store: Store, id: AccountId, who: string): Promise<Map<string, string>> {
  const followed = new Map<string, string>()
  async function writer(nth: number): Promise<void> {
    for (let turn = 0; turn < TURNS; turn++) {
      const name = `${who}-${nth}-${turn}`
      if (nth % 4 === 0) {
        let before = ''
        value(
          await store.accounts.update(id, (account) => {
            before = account.credentials.epoch ?? ''
            return settingCredentials({ epoch: name, password: `{SSHA512}${name}` })(account)
          }),
        )
        followed.set(name, before)
      } else {
        value(
          await store.accounts.update(id, ({ credentials, overrides }) => {
            const { appPasswords = [] } = credentials
            return ok({
              credentials: { ...credentials, appPasswords: [...appPasswords, appPassword(name)] },
              overrides: { ...overrides, [name]: 'x' },
            })
          }),
        )
      }
    }
  }
  await Promise.all(Array.from({ length: WRITERS }, (_, nth) => writer(nth)))
  return followed
}

/** No change of any of the writers is lost, and each epoch followed another one: none came back. */
export async function nothingLost(
  store: Store,
  id: AccountId,
  writers: readonly string[],
  followed: ReadonlyMap<string, string>,
): Promise<void> {
  const account = await store.accounts.get(id)
  const adding = writers.flatMap((who) =>
    Array.from({ length: WRITERS }, (_, nth) => nth)
      .filter((nth) => nth % 4 !== 0)
      .flatMap((nth) => Array.from({ length: TURNS }, (_, turn) => `${who}-${nth}-${turn}`)),
  )
  assert.deepEqual((account?.credentials.appPasswords ?? []).map((app) => app.id).sort(), [...adding].sort())
  assert.deepEqual(Object.keys(account?.overrides ?? {}).sort(), [...adding].sort())
  const chain: string[] = []
  for (let epoch = account?.credentials.epoch ?? ''; epoch !== ''; epoch = followed.get(epoch) ?? '') {
    assert.ok(chain.length < followed.size, 'an epoch came back')
    chain.push(epoch)
  }
  assert.equal(chain.length, followed.size, 'an epoch was lost')
  assert.equal(account?.credentials.password, `{SSHA512}${account?.credentials.epoch}`)
}

/** Credentials and rights: written as a function of what is there. */
export function accountsConformance({ it }: Framework, store: () => Store): void {
  it(`${WRITERS} writers change one account at once: no change is lost, and no epoch comes back`, async () => {
    const { id } = await newAccount(store(), 'together@example.org')
    const seen: string[] = []
    let done = false
    const watching = (async () => {
      while (!done) {
        const epoch = (await store().accounts.get(id))?.credentials.epoch
        if (epoch !== undefined && seen.at(-1) !== epoch) seen.push(epoch)
        await new Promise(setImmediate)
      }
    })()
    const followed = await changeTogether(store(), id, 'one').finally(() => {
      done = true
    })
    await watching
    await nothingLost(store(), id, ['one'], followed)
    assert.equal(new Set(seen).size, seen.length, `an epoch was seen again: ${seen.join(' ')}`)
  })

  it('a change that is refused leaves the account as it is', async () => {
    const { id } = await newAccount(store(), 'refused@example.org')
    const before = await store().accounts.get(id)
    const refused = await store().accounts.update(id, () => failed({ kind: 'limit', why: 'enough' }))
    assert.deepEqual(refused, { ok: false, fault: { kind: 'limit', why: 'enough' } })
    assert.deepEqual(await store().accounts.get(id), before)
  })
}
