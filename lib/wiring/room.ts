import type { Locks } from '../locks/locks'
import { startExpiry } from '../mailbox/bin/expiry'
import { createMailRoom } from '../mailbox/mail-room'
import type { Bus, MailRoom } from '../mailbox/mailbox'
import { type MailboxSettings, mailboxSettings } from '../mailbox/settings'
import { startIndexer } from '../mailbox/texts/indexer'
import { prepareUpTo } from '../mime/prepare'
import type { Store } from '../store/store'
import { type Metrics, systemClock } from '../terms/ports'
import type { Home } from './home'
import { readLockSettings } from './locks'

export const readMailboxSettings = (home: Home): MailboxSettings =>
  mailboxSettings(home.ini('mailbox_store'), readLockSettings(home).mode)

/** Octets of the largest message that is stored; 0: none. */
export const messageLimit = (home: Home): number => readMailboxSettings(home).maxMessageSize

interface RoomParts {
  readonly store: Store
  readonly locks: Locks
  readonly bus: Bus
  readonly metrics: Metrics
}

/** The verbs, and nothing in the background: for a command beside a running server. */
export const openVerbs = (home: Home, parts: RoomParts): MailRoom =>
  createMailRoom({
    ...parts,
    prepare: prepareUpTo,
    settings: readMailboxSettings(home),
    clock: systemClock,
    log: home.log,
  })

export function openRoom(home: Home, parts: RoomParts): MailRoom {
  const settings = readMailboxSettings(home)
  const { log } = home
  const room = openVerbs(home, parts)
  const { hub, pool } = room
  const indexer = startIndexer({ ...parts, hub, pool, settings, log })
  const expiry = startExpiry({ ...parts, log })
  return {
    ...room,
    async close() {
      await expiry?.close()
      await indexer?.close()
      await room.close()
    },
  }
}
