import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createImport, type ImportOptions, type MailboxReport } from '../../lib/import/import'
import type { Source } from '../../lib/import/source'
import { prepare } from '../../lib/mime/prepare'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Mailbox, Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { value } from '../mailbox/room'

export const everything = (): boolean => true

export interface Stored {
  readonly octets: string
  readonly flags: string
  readonly internalDate: number
}

/** A store in a folder of its own; texts are latin1, a character an octet. */
export interface ImportRoom {
  readonly folder: string
  readonly store: Store
  account(): Promise<AccountId>
  bring(id: AccountId, source: Source, more?: Partial<ImportOptions>): Promise<readonly MailboxReport[]>
  add(id: AccountId, mailbox: string, texts: readonly string[], flags?: readonly (readonly string[])[]): Promise<void>
  messages(id: AccountId, mailbox?: string): Promise<readonly Stored[]>
  close(): Promise<void>
}

export async function importRoom(): Promise<ImportRoom> {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-import-'))
  const store = await openSqliteStore({ path: path.join(folder, 'store') })
  let count = 0
  const mailboxOf = async (id: AccountId, name: string): Promise<Mailbox> =>
    (await store.mailboxes.find(id, name)) ?? value(await store.mailboxes.create(id, name)).value
  return {
    folder,
    store,
    account: async () => value(await store.accounts.create({ name: `u${++count}@example.org`, credentials: {} })).id,
    bring: (id, source, more = {}) =>
      createImport({ store, prepare })(id, source, { dryRun: false, verify: 'all', ...more }),
    async add(id, name, texts, flags = []) {
      const mailbox = await mailboxOf(id, name)
      const messages = texts.map((text, index) => {
        const bytes = Buffer.from(text, 'latin1')
        const internalDate = 1_600_000_000_000 + index * 86_400_000
        return { bytes, prepared: prepare(bytes), flags: flagSet(flags[index] ?? []), internalDate }
      })
      value(await store.messages.append(id, mailbox.id, messages))
    },
    async messages(id, name = 'INBOX') {
      const mailbox = await mailboxOf(id, name)
      const snapshot = await store.messages.snapshot(id, mailbox.id)
      const found: Stored[] = []
      for await (const rows of store.messages.rows(id, mailbox.id, [...(snapshot?.uids ?? [])].map(uid))) {
        for (const row of rows) {
          const octets = await store.messages.read(id, row.emailId, 0, row.size)
          found.push({
            octets: octets?.toString('latin1') ?? '',
            flags: row.flags.wire,
            internalDate: row.internalDate,
          })
        }
      }
      return found
    },
    async close() {
      await store.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** What a source has, by mailbox. */
export async function readAll(source: Source): Promise<Record<string, readonly string[]>> {
  const all: Record<string, readonly string[]> = {}
  for await (const mailbox of source.mailboxes()) {
    const texts: string[] = []
    for await (const message of mailbox.messages(1)) {
      texts.push(await message.read().then(String, (error: Error) => `! ${error.message}`))
    }
    all[mailbox.name] = texts
  }
  return all
}
