import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { AccountBin, EraseProof } from '../mailbox'
import type { Parts } from '../parts'
import { binOf } from '../verbs/limits'
import { prove } from './prove'

const noAccount: Result<never> = failed({ kind: 'no-such-account' })

/** Accounts go, and come back. */
export function accountBin(parts: Parts): AccountBin {
  const { store, locks, settings, clock } = parts
  const { bin } = store

  /** Who is in is out; a POP3 session deletes nothing any more. */
  const endSessions = (id: AccountId): Promise<number> => locks.kick(id)

  /** Where a store has no bin. */
  async function eraseWithout(name: string): Promise<Result<EraseProof>> {
    const account = await store.accounts.find(name)
    if (!account) return noAccount
    const usage = await store.accounts.usage(account.id)
    const done = await store.accounts.remove(account.id)
    if (!done.ok) return done
    await endSessions(account.id)
    const left = (await store.accounts.get(account.id)) ? ['the account'] : []
    return ok({ ...usage, left, disk: 'this store does not say' })
  }

  return {
    async remove(id) {
      const keeping = binOf(settings)
      const until = bin && keeping ? clock.now() + keeping.time : undefined
      const done = bin && keeping ? await bin.accounts.put(id, keeping.time) : await store.accounts.remove(id)
      if (!done.ok) return done
      await endSessions(id)
      return ok({ ...(until !== undefined && { until }) })
    },
    async *list() {
      if (bin) yield* bin.accounts.list()
    },
    find: async (name) => bin?.accounts.find(name),
    restore: async (name) => (bin ? bin.accounts.restore(name) : noAccount),
    async erase(name) {
      if (!bin) return eraseWithout(name)
      const account = await store.accounts.find(name)
      // Nobody gets in from then on, and if it ends here, what is over is erased.
      if (account && (await bin.accounts.put(account.id, 0)).ok) await endSessions(account.id)
      const removed = await bin.accounts.find(name)
      const erased = await bin.accounts.erase(name)
      if (!removed || !erased.ok) return noAccount
      return ok(await prove(parts, bin, removed.id, erased.value, 'account'))
    },
  }
}
