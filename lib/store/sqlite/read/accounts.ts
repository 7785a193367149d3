import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId } from '../../../terms/names'
import { turn } from '../../../work/turns'
import type { Account } from '../../account'
import { attributesFrom, parsedAttributes } from '../../attributes'
import { accountNumber } from '../../ids'
import { isBinned, toAccount } from '../../row-types'
import type { AccountTable } from '../../store'
import type { Usage } from '../../usage'
import type { Mail } from '../mail'
import { attributesOf } from '../rows'
import { REMOVED_ACCOUNTS } from '../schema'

interface AccountRow {
  readonly account: number
  readonly name: string
  readonly attributes: string
}
const COLUMNS = 'SELECT account, name, attributes FROM accounts'
const BY_NUMBER = `${COLUMNS} WHERE account = ?`
const BY_NAME = 'SELECT account FROM accounts WHERE name = ?'
const NEXT = `${COLUMNS} WHERE name > ? ORDER BY name LIMIT 100`
const REMOVED = `${COLUMNS} WHERE ${REMOVED_ACCOUNTS} AND name > ? ORDER BY name LIMIT 100`
const USAGE = 'SELECT used_bytes AS bytes, used_messages AS messages FROM states WHERE account = ?'

const accountFrom = (row: AccountRow): Account => toAccount({ ...row, attributes: attributesOf(row) })

/** For lists, which have the others too: nobody gets in. */
function knownOf(row: AccountRow): Account {
  const attributes = parsedAttributes(row.attributes)
  return toAccount({ ...row, attributes: attributes ?? { ...attributesFrom({}, 0), disabled: true } })
}

/** In order of name. @param text gives them by pages, behind a name */
async function* accountsBy(sql: Sql, text: string): AsyncGenerator<Account> {
  for (let last = ''; ; ) {
    const page = sql.all<AccountRow>(text, last)
    for (const row of page) yield knownOf(row)
    const end = page.at(-1)
    if (!end) return
    last = end.name
    await turn()
  }
}

/** Those in the recycle bin. */
export const removedAccounts = (sql: Sql): AsyncGenerator<Account> => accountsBy(sql, REMOVED)

export function accountReads({ read: sql }: Mail): Pick<AccountTable, 'get' | 'find' | 'list' | 'usage'> {
  /** an account that was found, or 1 */
  let known = 1
  function byNumber(account: number): Account | undefined {
    const row = sql.get<AccountRow>(BY_NUMBER, account)
    const found = row && accountFrom(row)
    return found && isBinned(found) ? undefined : found
  }

  return {
    get: async (id) => byNumber(accountNumber(id)),
    async find(name) {
      const number = sql.get<{ account: number }>(BY_NAME, name.toLowerCase())?.account
      // A login must not tell by its time that nobody has this name: an account is read all the same.
      const account = byNumber(number ?? known)
      if (number === undefined) return undefined
      known = number
      return account
    },
    async *list() {
      for await (const account of accountsBy(sql, NEXT)) if (!isBinned(account)) yield account
    },
    usage: async (id: AccountId): Promise<Usage> => {
      const found = sql.get<Usage>(USAGE, accountNumber(id))
      return { bytes: found?.bytes ?? 0, messages: found?.messages ?? 0 }
    },
  }
}
