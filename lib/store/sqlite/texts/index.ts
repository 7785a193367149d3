import path from 'node:path'
import { takeAlone } from '../../../engine/sqlite/disposable/one-at-a-time'
import type { AccountId, MailboxId } from '../../../terms/names'
import type { Log } from '../../../terms/ports'
import { turn } from '../../../work/turns'
import { accountNumber } from '../../ids'
import type { TextIndex, TextProgress } from '../../texts'
import type { Mail } from '../mail'
import { mailboxKeyOf } from '../read/mailboxes'
import { messageKey } from '../rows'
import { askTexts } from './ask'
import { accountsAhead, accountsBehind, EVERYBODY, forgotten } from './behind'
import { createBuilder } from './builder'
import { createTextReader } from './file'

/** Messages whose UIDs are looked up in one statement. */
const BATCH = 500

const UIDS = `SELECT uid FROM entries WHERE account = ? AND mailbox = ? AND message IN (SELECT value FROM json_each(?))`
const LATER = 'SELECT uid FROM entries WHERE account = ? AND message > ? AND mailbox = ?'
const FORGOTTEN = 'SELECT 1 FROM gone WHERE id IN (?, ?)'

/** Numbers of messages of one account that are counted in one step, a few milliseconds. */
const COUNTED = 50_000
const COUNT = `SELECT (SELECT count(*) FROM texts_docsize WHERE id > ?1 AND id <= ?2),
  (SELECT count(*) FROM unreadable WHERE id > ?1 AND id <= ?2)`
const UPTO = 'SELECT upto FROM indexed WHERE account = ?'
const LAST = 'SELECT last_message FROM states WHERE account = ?'

export interface OwnTextIndex extends TextIndex {
  close(): Promise<void>
}

/** The index of the mail in `mail`, in a file beside it. */
export async function openTextIndex(mail: Mail, log: Log): Promise<OwnTextIndex> {
  const file = path.join(path.dirname(mail.file), 'texts.sqlite')
  const reader = createTextReader(file, log)
  let closing: (() => Promise<void>) | undefined
  // Before any message gets a number.
  const ahead = await accountsAhead(mail.read, reader.read)
  if (ahead.length > 0) {
    log.warn(`the text index of ${ahead.length} accounts is of another time: it is built anew`)
    await mail.write('noteAccountsGone', [ahead])
  }

  async function uidsOf(id: AccountId, mailbox: MailboxId, messages: Uint32Array, upto: number): Promise<Uint32Array> {
    const [account, number] = mailboxKeyOf(id, mailbox)
    const uids: number[] = []
    for (let at = 0; at < messages.length; at += BATCH) {
      const asked = JSON.stringify([...messages.subarray(at, at + BATCH)])
      for (const [uid] of mail.read.columns<[number]>(UIDS, account, number, asked)) uids.push(uid)
      await turn()
    }
    for (const [uid] of mail.read.columns<[number]>(LATER, account, upto, number)) uids.push(uid)
    return Uint32Array.from(uids).sort()
  }

  const behind: TextIndex['behind'] = () => accountsBehind(mail.read, reader.read)

  function isLed(): boolean {
    const leave = takeAlone(`${file}.building`)
    leave?.()
    return leave === undefined
  }

  return {
    async mayHave(id, mailbox, anyOf) {
      const [account] = mailboxKeyOf(id, mailbox)
      if (mail.read.get(FORGOTTEN, messageKey(account, 0), messageKey(EVERYBODY, 0))) return undefined
      const answer = await askTexts(reader, account, anyOf)
      return answer && uidsOf(id, mailbox, answer.messages, answer.upto)
    },
    async progress(): Promise<TextProgress> {
      const counts = reader.read((sql) => ({
        indexed: sql.get<{ messages: number }>('SELECT messages FROM facts')?.messages ?? 0,
        unreadable: sql.get<{ count: number }>('SELECT count(*) AS count FROM unreadable')?.count ?? 0,
        octets:
          sql.get<{ octets: number }>(
            'SELECT page_count * page_size AS octets FROM pragma_page_count, pragma_page_size',
          )?.octets ?? 0,
      }))
      let waiting = 0
      for await (const { waiting: its } of behind()) waiting += its
      return { indexed: 0, unreadable: 0, octets: 0, ...counts, waiting, isLed: isLed() }
    },
    async progressOf(id) {
      const account = accountNumber(id)
      const [last = 0] = mail.read.columns<[number]>(LAST, account)[0] ?? []
      const [upto = 0] = reader.read((sql) => sql.columns<[number]>(UPTO, account)[0]) ?? []
      if (forgotten(mail.read)(account)) return { indexed: 0, unreadable: 0, waiting: last }
      const counts = { indexed: 0, unreadable: 0, waiting: Math.max(0, last - upto) }
      for (let from = 0; from < upto; from += COUNTED) {
        const range = [messageKey(account, from), messageKey(account, Math.min(upto, from + COUNTED))] as const
        const [indexed = 0, unreadable = 0] =
          reader.read((sql) => sql.columns<[number, number]>(COUNT, ...range)[0]) ?? []
        counts.indexed += indexed
        counts.unreadable += unreadable
        await turn()
      }
      return counts
    },
    behind,
    async forget(id) {
      await mail.write('noteAccountsGone', [[id === undefined ? EVERYBODY : accountNumber(id)]])
    },
    async lead() {
      const leave = takeAlone(`${file}.building`)
      if (!leave) return undefined
      const builder = await createBuilder(mail, file, log, leave)
      closing = builder.release
      return builder
    },
    async close() {
      await closing?.()
      reader.close()
    },
  }
}
