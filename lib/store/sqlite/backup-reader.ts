import { existsSync, statSync } from 'node:fs'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { closeConnection } from '../../engine/sqlite/connection/close'
import { sqlOn } from '../../engine/sqlite/connection/connection'
import { openUnchanging } from '../../engine/sqlite/connection/open'
import type { Backup } from '../backup'
import { createHealth } from '../health'
import { accountNumber, messageNumber } from '../ids'
import { recordTables } from '../records'
import { StoreUnavailable } from '../store'
import { asUnavailable, type Mail, reading } from './mail'
import { accountReads } from './read/accounts'
import { mailboxReads } from './read/mailboxes'
import { messageReads } from './read/messages'
import { createRecordTable } from './records'
import { messageKey } from './rows'
import { createSwaps } from './swaps'
import { program } from './write/program'

/** Rejects with StoreUnavailable. */
export async function openSqliteBackup(folder: string): Promise<Backup> {
  const file = path.resolve(folder, 'mail.sqlite')
  if (!existsSync(file)) throw new StoreUnavailable(`${folder} is no backup: there is no mail.sqlite in it`)
  if ((statSync(`${file}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0)
    throw new StoreUnavailable(
      `${file} has a log beside it, which a backup has not: open a copy of it in a Haraka home of its own, and make a backup there`,
    )
  let closed = false
  try {
    const connection = openUnchanging(file, program)
    const own = sqlOn(connection)
    const read = reading(file, own, () => closed)
    const mail: Mail = {
      file,
      read,
      health: createHealth(),
      write: () => Promise.reject(new StoreUnavailable('a backup is only read')),
      apart: (run) => run(read),
      async close() {
        if (closed) return
        closed = true
        closeConnection(connection, own)
      },
    }
    const mailboxes = mailboxReads(mail)
    return {
      file,
      accounts: accountReads(mail),
      mailboxes,
      messages: messageReads(mail),
      ...recordTables(createRecordTable(mail, createSwaps(), 'durable'), mailboxes),
      async isAsWritten(account, id, octets) {
        const key = messageKey(accountNumber(account), messageNumber(accountNumber(account), id))
        return (
          read.get<{ checksum: number }>('SELECT checksum FROM messages WHERE id = ?', key)?.checksum === crc32(octets)
        )
      },
      close: mail.close,
    }
  } catch (error) {
    throw asUnavailable(file, error)
  }
}
