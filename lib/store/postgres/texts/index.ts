import { ok } from '../../../terms/fault'
import { accountNumber, mailboxNumber, makeAccountId } from '../../ids'
import { TEXT_FORMAT, type TextCounts, type TextIndex } from '../../texts'
import type { Database } from '../database'
import { createBuilder } from './builder'
import { hasOne, parametersOf } from './filter'

/**
 * The text index in the database: a filter for each message (filter.ts), which the server looks through. A message without one
 * is not indexed; one of NULL takes too much work, and is always read. Writes hold their account, as all do, so that a filter is
 * never there without its message.
 */

/** Messages of a mailbox that must be looked at; a filter of other rules tells nothing. */
const mayHave = (sets: number): string => `
SELECT e.uid FROM mailbox.entries e LEFT JOIN mailbox.texts t ON t.account = e.account AND t.message = e.message
WHERE e.account = $1 AND e.mailbox = $2 AND (t.grams IS NULL OR ${hasOne('t.grams', sets, 4)}
  OR (SELECT format <> $3 FROM mailbox.text_index))
ORDER BY e.uid`

const PROGRESS = `
SELECT (SELECT count(*) FROM mailbox.texts) AS messages,
  (SELECT count(*) FROM mailbox.texts WHERE grams IS NULL) AS unreadable,
  (SELECT coalesce(sum(a.last_message - coalesce(i.upto, 0)), 0)::bigint FROM mailbox.accounts a
    LEFT JOIN mailbox.indexed i USING (account) WHERE a.last_message > coalesce(i.upto, 0)) AS waiting,
  (SELECT until > now() FROM mailbox.text_index) AS led,
  pg_total_relation_size('mailbox.texts')::bigint AS octets`
const PROGRESS_OF = `
SELECT (SELECT count(*) FROM mailbox.texts t WHERE t.account = a.account) AS messages,
  (SELECT count(*) FROM mailbox.texts t WHERE t.account = a.account AND grams IS NULL) AS unreadable,
  greatest(0, a.last_message - coalesce(i.upto, 0)) AS waiting
FROM mailbox.accounts a LEFT JOIN mailbox.indexed i USING (account) WHERE a.account = $1`

const PAGE = 500
const BEHIND = `
SELECT a.account, a.last_message - coalesce(i.upto, 0) AS waiting FROM mailbox.accounts a
LEFT JOIN mailbox.indexed i USING (account) WHERE a.account > $1 AND a.last_message > coalesce(i.upto, 0)
ORDER BY a.account LIMIT ${PAGE}`

/** Where it ends goes first: whoever adds, behind its account's row, sees that what it read is of no use. */
const FORGET_ALL = 'TRUNCATE mailbox.indexed, mailbox.texts'
const FORGET = [
  'DELETE FROM mailbox.indexed WHERE account = $1',
  'DELETE FROM mailbox.texts WHERE account = $1',
] as const

interface Counts {
  readonly messages: number
  readonly unreadable: number
  readonly waiting: number
}
const countsOf = (
  { messages, unreadable, waiting }: Counts = { messages: 0, unreadable: 0, waiting: 0 },
): TextCounts => ({
  ...{ indexed: messages - unreadable, unreadable, waiting },
})

export function createTextIndex(db: Database): TextIndex {
  return {
    async mayHave(id, mailbox, anyOf, instead) {
      // It looks at each message, as whoever compares stored keys does.
      if (instead === 'keys') return undefined
      const account = accountNumber(id)
      const values = [account, mailboxNumber(account, mailbox), TEXT_FORMAT, ...parametersOf(anyOf)]
      const rows = await db.read<{ uid: number }>(mayHave(anyOf.length), values)
      return Uint32Array.from(rows, ({ uid }) => uid)
    },
    async progress() {
      const [counts] = await db.read<Counts & { led: boolean; octets: number }>(PROGRESS)
      return { ...countsOf(counts), isLed: counts?.led ?? false, octets: counts?.octets }
    },
    async progressOf(id) {
      const [counts] = await db.read<Counts>(PROGRESS_OF, [accountNumber(id)])
      return countsOf(counts)
    },
    async *behind() {
      for (let above = 0; ; ) {
        const rows = await db.read<{ account: number; waiting: number }>(BEHIND, [above])
        for (const { account, waiting } of rows) yield { account: makeAccountId(account), waiting }
        above = rows.at(-1)?.account ?? above
        if (rows.length < PAGE) return
      }
    },
    async forget(id) {
      if (id === undefined) return void (await db.read(FORGET_ALL))
      const account = accountNumber(id)
      await db.write(account, [], async ({ query }) => {
        for (const statement of FORGET) await query(statement, [account])
        return ok(undefined)
      })
    },
    lead: () => createBuilder(db),
  }
}
