import { Client } from 'pg'
import { openHome } from '../../../lib/cli/home'
import { prepare } from '../../../lib/mime/prepare'
import type { Store } from '../../../lib/store/store'
import { flagSet } from '../../../lib/terms/flags'
import type { AccountId } from '../../../lib/terms/names'
import { openStore } from '../../../lib/wiring/store'
import { type Demo, removeHome, startDemo } from '../../e2e/demo'
import { databaseOrSkip } from '../../postgres'

/** `haraka-mailbox demo` with its store open beside it, to fill it faster than by any protocol. */
export interface Server extends Demo {
  readonly store: Store
  /** what autovacuum does a minute later, where it is on: without, plans are those of empty tables */
  analyze(): Promise<void>
  end(): Promise<void>
}

const PASSWORD = 'pass'
export const user = (nth: number): string => `user${nth}@localhost`

async function query(connectionString: string, text: string): Promise<void> {
  const client = new Client({ connectionString })
  await client.connect()
  await client.query(text)
  await client.end()
}

export async function startServer(
  driver: string,
  nodes: number,
  users: number,
  more: readonly string[] = [],
): Promise<Server> {
  const database = driver === 'postgres' ? await databaseOrSkip() : undefined
  if (driver === 'postgres' && !database) throw new Error('PostgreSQL is needed')
  const where = database ? ['--store', 'postgres', '--set', `mailbox_store.ini:postgres.url=${database.url}`] : []
  const accounts = Array.from({ length: users }, (_, nth) => ['--account', `${user(nth)}:${PASSWORD}`]).flat()
  const demo = await startDemo(['--nodes', String(nodes), ...accounts, ...where, ...more])
  const store = await openStore(openHome(demo.home))
  return {
    ...demo,
    store,
    analyze: async () => {
      if (database) await query(database.url, 'ANALYZE')
    },
    end: async () => {
      await store.close()
      await demo.stop()
      removeHome(demo)
      await database?.drop()
    },
  }
}

const FLAGS = [flagSet([]), flagSet(['\\Seen']), flagSet(['\\Seen', '\\Answered']), flagSet(['\\Flagged', 'work'])]
const BATCH = 2000

/** A short message, as most are of a mailbox of a million. */
export const letter = (nth: number): Buffer =>
  Buffer.from(
    `From: sender ${nth % 100} <s${nth % 100}@example.net>\r\nTo: reader@example.org\r\nSubject: message ${nth}\r\n` +
      `Date: Thu, 1 Jan 2026 00:00:00 +0000\r\nMessage-ID: <${nth}@example.net>\r\n\r\n${`text of ${nth} and more\r\n`.repeat(4)}`,
  )

/** Adds messages to INBOX until it has `wanted`. */
export async function fillInbox(store: Store, id: AccountId, wanted: number): Promise<void> {
  const inbox = await store.mailboxes.find(id, 'INBOX')
  if (!inbox) throw new Error('no INBOX')
  for (let at = inbox.messages; at < wanted; at += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, wanted - at) }, (_, index) => {
      const bytes = letter(at + index)
      const flags = FLAGS[(at + index) % FLAGS.length] ?? flagSet([])
      return { bytes, prepared: prepare(bytes), flags, internalDate: Date.UTC(2020, 0, 1) + (at + index) * 60_000 }
    })
    const done = await store.messages.append(id, inbox.id, batch)
    if (!done.ok) throw new Error(done.fault.kind)
  }
}
