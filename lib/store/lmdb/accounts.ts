import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { Clock } from '../../terms/ports'
import type { Account, AccountChange, NewAccount } from '../account'
import { accountNumber, makeAccountId } from '../ids'
import type { AccountTable, Usage } from '../store'
import { accountKey } from './keys'
import { addMailbox } from './mailbox-records'
import { removeAll } from './remove-all'
import type { Tables } from './tables'

/** key of the highest number that an account ever had */
export const LAST = 'last account'

export function createAccountTable(tables: Tables, clock: Clock): AccountTable {
  const { accounts, names, states } = tables
  let foundLast = 1
  const get = (id: AccountId): Account | undefined => tables.account(accountNumber(id))

  function create(wanted: NewAccount): Result<Account> {
    const name = wanted.name.toLowerCase()
    // The name of the counter has a blank, which no address has.
    if (names.get(name) !== undefined || /\s/.test(name)) return failed({ kind: 'not-permitted', why: 'name is taken' })
    const number = (names.get(LAST) ?? 0) + 1
    const account: Account = {
      disabled: false,
      protocols: [],
      overrides: {},
      admin: false,
      ...wanted,
      name,
      id: makeAccountId(number),
      createdAt: clock.now(),
    }
    void names.put(LAST, number)
    void names.put(name, number)
    void accounts.put(accountKey(number), account)
    const uidValidity = Math.floor(clock.now() / 1000)
    void states.put(accountKey(number), { mailboxes: 0, messages: 0, uidValidity, usedBytes: 0, usedMessages: 0 })
    addMailbox(tables, number, 'INBOX', { subscribed: true })
    return ok(account)
  }

  function update(id: AccountId, change: AccountChange): Result<Account> {
    const before = get(id)
    if (!before) return failed({ kind: 'no-such-account' })
    const asked = change(before)
    if (!asked.ok) return asked
    const patch = asked.value
    const changed: Account = { ...before, ...patch, name: (patch.name ?? before.name).toLowerCase() }
    if (changed.name !== before.name) {
      if (names.get(changed.name) !== undefined) return failed({ kind: 'not-permitted', why: 'name is taken' })
      void names.remove(before.name)
      void names.put(changed.name, accountNumber(id))
    }
    void accounts.put(accountKey(accountNumber(id)), changed)
    return ok(changed)
  }

  /** Nobody gets in from the first transaction on. When the rest fails it can be repeated. */
  async function remove(id: AccountId): Promise<Result<void>> {
    const { mailboxes, rows, log, heads, prepared, bodies, references, threads, fences, records } = tables
    const disabled = await tables.write(() => update(id, () => ok({ disabled: true })))
    if (!disabled.ok) return disabled
    const content = [rows, log, heads, prepared, bodies, references, threads]
    const account = accountNumber(id)
    await removeAll(tables, account, [mailboxes, ...content, records, fences, states])
    await tables.write(() => {
      const name = get(id)?.name
      if (name !== undefined) void names.remove(name)
      void accounts.remove(accountKey(account))
    })
    return ok(undefined)
  }

  return {
    create: (account) => tables.write(() => create(account)),
    get: async (id) => {
      tables.fresh()
      return get(id)
    },
    find: async (name) => {
      tables.fresh()
      const number = names.get(name.toLowerCase())
      // A login must not tell by its time that nobody has this name: a record is read all the same.
      const account = tables.account(number ?? foundLast)
      if (number === undefined) return undefined
      foundLast = number
      return account
    },
    update: (id, change) => tables.write(() => update(id, change)),
    remove,
    async *list() {
      for (const name of [...names.getKeys()]) {
        const number = name === LAST ? undefined : names.get(name)
        const account = number === undefined ? undefined : tables.account(number)
        if (account) yield account
      }
    },
    usage: async (id): Promise<Usage> => {
      tables.fresh()
      const state = states.get(accountKey(accountNumber(id)))
      return { bytes: state?.usedBytes ?? 0, messages: state?.usedMessages ?? 0 }
    },
  }
}
