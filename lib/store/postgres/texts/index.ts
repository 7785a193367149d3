import { accountNumber, mailboxNumber } from '../../ids'
import { TEXT_FORMAT, type TextIndex } from '../../texts'
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
    LEFT JOIN mailbox.indexed i USING (account) WHERE a.last_message > coalesce(i.upto, 0)) AS waiting`

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
      type Counts = { messages: number; unreadable: number; waiting: number }
      const [{ messages, unreadable, waiting } = { messages: 0, unreadable: 0, waiting: 0 }] =
        await db.read<Counts>(PROGRESS)
      return { indexed: messages - unreadable, unreadable, waiting, octets: undefined }
    },
    lead: () => createBuilder(db),
  }
}
