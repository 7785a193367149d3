import { openLoginParts } from '../../wiring'
import { openHome } from '../home'
import type { LockoutsHome } from './lockouts'

/** What the lockouts commands work on: the same log, directory and settings as a running Haraka of this home. */
export async function openLockouts(folder: string): Promise<LockoutsHome> {
  const { place, openStore } = openHome(folder)
  const store = await openStore()
  const { attempts, directory, settings } = openLoginParts(place, store)
  return {
    attempts,
    directory,
    settings,
    close: async () => {
      await attempts.close()
      await store.close()
    },
  }
}
