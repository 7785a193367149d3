import { failed, ok, type Result } from '../../terms/fault'
import type { Clock } from '../../terms/ports'
import type { Account } from '../account'
import { nameTaken } from '../bin-rows'
import { accountNumber } from '../ids'
import { isBinned, toAccount } from '../row-types'
import type { AccountTable } from '../store'
import type { Mail } from './mail'
import { attributesOf } from './rows'
import type { Swaps } from './swaps'
import type { AccountText, Swapped } from './write/accounts'

const taken = nameTaken(false)
const noAccount: Result<never> = failed({ kind: 'no-such-account' })

export const accountText = ({ id: _id, name, ...attributes }: Account): AccountText => ({
  name: name.toLowerCase(),
  attributes: JSON.stringify(attributes),
})

export const fromText = (account: number, { name, attributes }: AccountText): Account =>
  toAccount({ account, name, attributes: attributesOf({ name, attributes }) })

/** Also what a change of it is compared with. */
export const accountTextOf = ({ read }: Pick<Mail, 'read'>, account: number): AccountText | undefined =>
  read.get<AccountText>('SELECT name, attributes FROM accounts WHERE account = ?', account)

export function accountWrites(
  mail: Mail,
  swaps: Swaps,
  clock: Clock,
): Pick<AccountTable, 'create' | 'update' | 'remove'> {
  const update: AccountTable['update'] = (id, change) => {
    const account = accountNumber(id)
    return swaps(account, async (): Promise<Result<Account> | 'changed'> => {
      const before = accountTextOf(mail, account)
      if (!before || isBinned(fromText(account, before))) return noAccount
      const asked = change(fromText(account, before))
      if (!asked.ok) return asked
      const after = accountText({ ...fromText(account, before), ...asked.value })
      const swapped: Swapped = await mail.write('swapAccount', [account, before, after])
      switch (swapped) {
        case 'done':
          return ok(fromText(account, after))
        case 'changed':
          return swapped
        case 'taken':
          return taken
        case 'gone':
          return noAccount
      }
    })
  }

  return {
    async create({ name: wanted, ...given }) {
      const name = wanted.toLowerCase()
      if (/\s/.test(name)) return taken
      const rest = { disabled: false, protocols: [], overrides: {}, admin: false, ...given, createdAt: clock.now() }
      const text = { name, attributes: JSON.stringify(rest) }
      const account = await mail.write('createAccount', [text, clock.now()])
      if (account !== undefined) return ok(fromText(account, text))
      const holder = mail.read.get<{ account: number }>('SELECT account FROM accounts WHERE name = ?', name)?.account
      const held = holder === undefined ? undefined : accountTextOf(mail, holder)
      return nameTaken(holder !== undefined && held !== undefined && isBinned(fromText(holder, held)))
    },
    update,
    /** Nobody gets in from the first transaction on. When the rest fails it can be repeated. */
    async remove(id) {
      const disabled = await update(id, () => ok({ disabled: true }))
      if (!disabled.ok) return disabled
      while (await mail.write('removeSome', [accountNumber(id)], 'durable'));
      return ok(undefined)
    },
  }
}
