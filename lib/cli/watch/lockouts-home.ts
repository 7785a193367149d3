import { openLoginParts } from '../../wiring/login'
import { openStore } from '../../wiring/store'
import { openHome } from '../home'
import type { LockoutsHome } from './lockouts'

/** What the lockouts commands work on: the same log, directory and settings as a running Haraka of this home. */
export async function openLockouts(folder: string): Promise<LockoutsHome> {
  const home = openHome(folder)
  const store = await openStore(home)
  const { attempts, directory, settings } = await openLoginParts(home, store)
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
