import { MAX_SCRIPTS } from '../../store/records/scripts'
import type { Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import type { ScriptVerbs } from '../mailbox'

/** What may be done to an account's Sieve scripts. */
export const scriptVerbs = ({ accounts, scripts }: Store, account: AccountId): ScriptVerbs => ({
  async list() {
    const active = (await accounts.get(account))?.activeScript
    return (await scripts.list(account)).map((name) => ({ name, active: name === active }))
  },
  async fits(name) {
    const names = await scripts.list(account)
    return names.includes(name) || names.length < MAX_SCRIPTS
  },
  get: (name) => scripts.get(account, name),
  put: (name, text) => scripts.put(account, name, text),
  activate: (name) => scripts.activate(account, name),
  rename: (from, to) => scripts.rename(account, from, to),
  remove: (name) => scripts.remove(account, name),
})
