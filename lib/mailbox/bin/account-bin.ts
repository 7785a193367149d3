import { failed, ok, type Result } from '../../terms/fault'
import type { AccountBin } from '../mailbox'
import type { Parts } from '../parts'
import { binOf } from '../verbs/limits'
import { prove } from './prove'

const noAccount: Result<never> = failed({ kind: 'no-such-account' })

/** Accounts go, and come back. */
export function accountBin(parts: Parts): AccountBin {
  const { store, locks, settings, clock } = parts
  const { bin } = store

  return {
    async remove(id, where) {
      const keeping = where === 'bin' ? binOf(settings) : undefined
      const until = bin && keeping ? clock.now() + keeping.time : undefined
      const done = bin && keeping ? await bin.accounts.put(id, keeping.time) : await store.accounts.remove(id)
      if (!done.ok) return done
      // Who is in is out; a POP3 session deletes nothing any more.
      await locks.kick(id)
      return ok({ ...(until !== undefined && { until }) })
    },
    async *list() {
      if (bin) yield* bin.accounts.list()
    },
    find: async (name) => bin?.accounts.find(name),
    restore: async (name) => (bin ? bin.accounts.restore(name) : noAccount),
    async erase(name) {
      const found = await bin?.accounts.find(name)
      const erased = (await bin?.accounts.erase(name)) ?? noAccount
      if (!bin || !found || !erased.ok) return noAccount
      return ok(await prove(parts, bin, found.id, erased.value, 'account'))
    },
  }
}
