import type { Sql } from '../../../engine/sqlite/connection/connection'
import type { AccountId } from '../../../terms/names'
import { turn } from '../../../work/turns'
import { makeAccountId } from '../../ids'
import type { TextReader } from './file'

/** accounts of one step, half a millisecond */
const PAGE = 500

/** In `gone`, the account that stands for all of them. */
export const EVERYBODY = 0

const STATES = `SELECT account, last_message FROM states WHERE account > ? ORDER BY account LIMIT ${PAGE}`
const FORGOTTEN = 'SELECT id >> 32 FROM gone WHERE id & 4294967295 = 0'
const INDEXED = 'SELECT account, upto FROM indexed WHERE account > ? AND account <= ?'

/** How far the index of each account is. */
interface Reached {
  readonly account: number
  readonly last: number
  readonly upto: number
}

/** Which accounts the index is to forget: it tells nothing of them until that is done. */
export function forgotten(mail: Sql): (account: number) => boolean {
  const accounts = new Set(mail.columns<[number]>(FORGOTTEN).map(([account]) => account))
  return accounts.has(EVERYBODY) ? () => true : (account) => accounts.has(account)
}

/** All accounts that have mail, in turns. */
async function* reached(mail: Sql, read: TextReader['read']): AsyncGenerator<Reached> {
  const isForgotten = forgotten(mail)
  for (let above = 0; ; ) {
    const page = mail.columns<[account: number, last: number]>(STATES, above)
    const [end = above] = page.at(-1) ?? []
    const uptos = new Map(read((sql) => sql.columns<[number, number]>(INDEXED, above, end)) ?? [])
    for (const [account, last] of page)
      yield { account, last, upto: isForgotten(account) ? 0 : (uptos.get(account) ?? 0) }
    if (page.length < PAGE) return
    above = end
    await turn()
  }
}

export async function* accountsBehind(
  mail: Sql,
  read: TextReader['read'],
): AsyncGenerator<{ readonly account: AccountId; readonly waiting: number }> {
  for await (const { account, last, upto } of reached(mail, read)) {
    if (upto < last) yield { account: makeAccountId(account), waiting: last - upto }
  }
}

/**
 * Accounts whose index is of another time: after a power cut, or when an older copy of the mail was put in place, numbers of
 * messages are given again that the index knows as others.
 */
export async function accountsAhead(mail: Sql, read: TextReader['read']): Promise<number[]> {
  const ahead: number[] = []
  for await (const { account, last, upto } of reached(mail, read)) if (upto > last) ahead.push(account)
  return ahead
}
