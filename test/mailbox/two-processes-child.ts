import path from 'node:path'
import { socketBus } from '../../lib/mailbox/bus/socket-bus'
import { createMailRoom } from '../../lib/mailbox/mail-room'
import { mailboxSettings } from '../../lib/mailbox/settings'
import { openSqliteStore } from '../../lib/store/sqlite'
import { NO_FLAGS } from '../../lib/terms/flags'
import { accountId } from '../../lib/terms/names'
import { noMetrics, silentLog, systemClock } from '../../lib/terms/ports'
import { openLocks, plainPrepare, value } from './room'

/** A second process on one store: it watches INBOX and reports what it is told, and delivers when it is asked to. */
export async function openRoom(directory: string) {
  const store = await openSqliteStore({ path: path.join(directory, 'store') })
  const bus = await socketBus({ directory: path.join(directory, 'bus'), log: silentLog, lookEvery: 500 })
  const room = createMailRoom({
    store,
    bus,
    locks: openLocks(),
    prepare: plainPrepare,
    settings: { ...mailboxSettings({}), safetyPoll: 0 },
    clock: systemClock,
    log: silentLog,
    metrics: noMetrics,
  })
  return { store, bus, room }
}

export type ChildReport =
  | { readonly kind: 'ready' }
  | { readonly kind: 'news'; readonly exists: number; readonly uids: readonly number[]; readonly at: number }
  | { readonly kind: 'delivered'; readonly uid: number }

const report = (what: ChildReport): void => {
  process.send?.(what)
}

async function main(directory: string, id: string): Promise<void> {
  const { room } = await openRoom(directory)
  const mail = room.account({ id, name: 'a@example.org', overrides: {}, admin: false })
  const view = value(await mail.open('INBOX', 'peek'))
  async function look(): Promise<void> {
    await view.sync('say')
    const uids = Array.from({ length: view.exists }, (_, index) => view.uidAt(index + 1))
    report({ kind: 'news', exists: view.exists, uids, at: Date.now() })
  }
  view.onNews(() => void look())
  process.on('message', (count: number) => {
    const message = { account: accountId(id), bytes: Buffer.from('from: child\r\n\r\n'), flags: NO_FLAGS }
    for (let nth = 0; nth < count; nth++) {
      void room.deliver(message).then((done) => report({ kind: 'delivered', uid: value(done).uid }))
    }
  })
  process.on('disconnect', () => process.exit(0))
  report({ kind: 'ready' })
}

if (require.main === module) void main(process.argv[2] ?? '', process.argv[3] ?? '')
