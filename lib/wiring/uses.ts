import type { Shown } from '../login/passwords/app-passwords'
import type { Store } from '../store/store'
import { accountId } from '../terms/names'

/** Milliseconds in which another use from the same place by the same protocol is no news. */
const NEWS = 60 * 60_000
const MOST = 10_000

/** Notes the last use of app passwords, at most once an hour each. */
export function createUses({ uses }: Pick<Store, 'uses'>) {
  const noted = new Map<string, Shown>()
  return async (account: string, appPassword: string, use: Shown): Promise<void> => {
    const key = `${account} ${appPassword}`
    const last = noted.get(key)
    const isSame = last?.address === use.address && last.protocol === use.protocol
    if (isSame && use.at - last.at < NEWS) return
    noted.delete(key)
    noted.set(key, use)
    const [oldest] = noted.keys()
    if (noted.size > MOST && oldest !== undefined) noted.delete(oldest)
    await uses.note(accountId(account), appPassword, use)
  }
}
