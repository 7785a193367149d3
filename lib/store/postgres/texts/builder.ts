import { randomUUID } from 'node:crypto'
import type { SearchKeys } from '../../../mime/prepared'
import { ok } from '../../../terms/fault'
import { accountNumber, makeEmailId, messageNumber } from '../../ids'
import { decodePrepared } from '../../prepared-codec'
import { StoreUnavailable } from '../../store'
import { type Indexed, TEXT_FORMAT, type TextBuilder, type Unindexed } from '../../texts'
import type { Database } from '../database'
import { filterOf } from './filter'

/** How long another process waits for one that says nothing any more; and milliseconds after which this one says that it is there. */
const LEASE = '60 seconds'
const RENEW = 20_000

/** The server's time decides, so that hosts need not agree about theirs. */
const TAKE = `
UPDATE mailbox.text_index SET holder = $1, until = now() + interval '${LEASE}'
WHERE holder = $1 OR until < now() RETURNING format`
const LEAVE = 'UPDATE mailbox.text_index SET until = now() WHERE holder = $1'

const STATE = `
SELECT a.last_message AS last, coalesce(i.upto, 0) AS upto FROM mailbox.accounts a
LEFT JOIN mailbox.indexed i USING (account) WHERE a.account = $1`
const NEXT = `
SELECT message, keys, prepared FROM mailbox.messages m WHERE account = $1 AND message > $2
  AND NOT EXISTS (SELECT FROM mailbox.texts t WHERE t.account = m.account AND t.message = m.message)
ORDER BY message LIMIT $3`

/** A message that is gone by now gets none. */
const ADD = `
INSERT INTO mailbox.texts (account, message, grams)
SELECT $1, message, grams FROM unnest($2::bigint[], $3::bytea[]) AS t(message, grams)
WHERE EXISTS (SELECT FROM mailbox.messages m WHERE m.account = $1 AND m.message = t.message)
ON CONFLICT DO NOTHING`
const UPTO = 'SELECT upto FROM mailbox.indexed WHERE account = $1'
const REACHED = `
INSERT INTO mailbox.indexed VALUES ($1, $2)
ON CONFLICT (account) DO UPDATE SET upto = greatest(indexed.upto, excluded.upto)`

const CLEAR = ['TRUNCATE mailbox.texts, mailbox.indexed', `UPDATE mailbox.text_index SET format = $1`] as const

/** undefined: another process builds. Rejects with StoreUnavailable. */
export async function createBuilder(db: Database): Promise<TextBuilder | undefined> {
  const holder = randomUUID()
  let said = performance.now()
  /** where the index of an account ends when all that `next` gave is done */
  let page: { readonly after: number; readonly numbers: readonly number[]; readonly end: number } | undefined

  const take = async (): Promise<string | undefined> => (await db.read<{ format: string }>(TAKE, [holder]))[0]?.format
  async function renew(): Promise<void> {
    if (performance.now() - said < RENEW) return
    if ((await take()) === undefined) throw new StoreUnavailable('another process builds the text index')
    said = performance.now()
  }
  async function clear(): Promise<void> {
    const [truncate, update] = CLEAR
    await db.read(truncate)
    await db.read(update, [TEXT_FORMAT])
  }
  /** @param after where the index ended when the messages were read; if it does not any more, it was thrown away meanwhile */
  async function write(account: number, after: number, upto: number, done: readonly Indexed[]): Promise<void> {
    await db.write(
      account,
      [],
      async ({ query }, [locked = []]) => {
        // The account is gone, with all that it had.
        if (locked.length === 0) return ok(undefined)
        const [reached] = await query<{ upto: number }>(UPTO, [account])
        if ((reached?.upto ?? 0) !== after) return ok(undefined)
        const numbers = done.map(({ email }) => messageNumber(account, email))
        if (done.length > 0) await query(ADD, [account, numbers, done.map(({ grams }) => grams && filterOf(grams))])
        await query(REACHED, [account, upto])
        return ok(undefined)
      },
      'visible',
    )
  }

  const format = await take()
  if (format === undefined) return undefined
  if (format !== TEXT_FORMAT) await clear()
  return {
    async next(id, most): Promise<readonly Unindexed[]> {
      await renew()
      const account = accountNumber(id)
      const [state] = await db.read<{ last: number; upto: number }>(STATE, [account])
      if (!state || state.last <= state.upto) return []
      type Row = { message: number; keys: SearchKeys; prepared: Buffer }
      const rows = await db.read<Row>(NEXT, [account, state.upto, most])
      const numbers = rows.map(({ message }) => message)
      page = { after: state.upto, numbers, end: rows.length < most ? state.last : (numbers.at(-1) ?? state.last) }
      // Numbers of messages that are gone, with none behind them.
      if (rows.length === 0) await write(account, page.after, page.end, [])
      return rows.map(({ message, keys, prepared }) => ({
        email: makeEmailId(account, message),
        prepared: decodePrepared(prepared, () => keys),
      }))
    },
    async add(id, done) {
      if (!page) return
      const { after, numbers, end } = page
      page = undefined
      const upto = done.length === numbers.length ? end : (numbers[done.length - 1] ?? 0)
      await write(accountNumber(id), after, upto, done)
    },
    // A filter goes with its message, in one transaction.
    removeGone: async () => false,
    tidy: async () => false,
    clear,
    async release() {
      await db.read(LEAVE, [holder])
    },
  }
}
