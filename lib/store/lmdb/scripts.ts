import type { AccountId } from '../../terms/names'
import { accountNumber } from '../ids'
import { MAX_SCRIPTS, type ScriptFault, type ScriptTable } from '../scripts'
import { accountKey, after, textKey } from './keys'
import type { Tables } from './tables'

const PREFIX = accountKey(0).length

export function createScriptTable(tables: Tables): ScriptTable {
  const { accounts, scripts } = tables

  const namesOf = (account: number): string[] =>
    [...scripts.getKeys({ start: accountKey(account), end: after(accountKey(account)) })].map((key) =>
      key.toString('utf8', PREFIX),
    )
  const exists = (account: number, name: string): boolean => scripts.doesExist(textKey(account, name))
  const activeOf = (account: number): string | undefined => tables.account(account)?.activeScript

  function setActive(account: number, name: string | undefined): void {
    const found = tables.account(account)
    if (!found) return
    const { activeScript: _before, ...rest } = found
    void accounts.put(accountKey(account), name === undefined ? rest : { ...rest, activeScript: name })
  }

  function put(account: number, name: string, text: string): ScriptFault | undefined {
    if (!accounts.doesExist(accountKey(account))) return 'nonexistent'
    if (!exists(account, name) && namesOf(account).length >= MAX_SCRIPTS) return 'too-many'
    void scripts.put(textKey(account, name), text)
    return undefined
  }

  function activate(account: number, name: string | undefined): ScriptFault | undefined {
    const known = name === undefined ? accounts.doesExist(accountKey(account)) : exists(account, name)
    if (!known) return 'nonexistent'
    setActive(account, name)
    return undefined
  }

  function rename(account: number, from: string, to: string): ScriptFault | undefined {
    const text = scripts.get(textKey(account, from))
    if (text === undefined) return 'nonexistent'
    if (exists(account, to)) return 'already-exists'
    void scripts.put(textKey(account, to), text)
    void scripts.remove(textKey(account, from))
    if (activeOf(account) === from) setActive(account, to)
    return undefined
  }

  function remove(account: number, name: string): ScriptFault | undefined {
    if (!exists(account, name)) return 'nonexistent'
    if (activeOf(account) === name) return 'active'
    void scripts.remove(textKey(account, name))
    return undefined
  }

  return {
    list: async (id: AccountId) => {
      tables.fresh()
      return namesOf(accountNumber(id))
    },
    get: async (id, name) => {
      tables.fresh()
      return scripts.get(textKey(accountNumber(id), name))
    },
    put: (id, name, text) => tables.write(() => put(accountNumber(id), name, text)),
    activate: (id, name) => tables.write(() => activate(accountNumber(id), name)),
    rename: (id, from, to) => tables.write(() => rename(accountNumber(id), from, to)),
    remove: (id, name) => tables.write(() => remove(accountNumber(id), name)),
  }
}
