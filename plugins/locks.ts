import { homeOf } from '../lib/haraka/home'
import type { HarakaPlugin } from '../lib/haraka/host'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { noteDeed } from '../lib/wiring/deeds'
import { openBus, openLocks } from '../lib/wiring/locks'
import { openRoom } from '../lib/wiring/room'

/** `mailbox/locks`: the shared lock module, and with it the room in which sessions meet; config/mailbox_locks.ini. */
export function register(this: HarakaPlugin): void {
  mailboxPlugin(this, 'locks', ['store'], async (host) => {
    const home = homeOf(host)
    const locks = await openLocks(home, host.forked, host.context.metrics)
    host.context.open('locks', locks)
    host.closing.push(() => locks.close())

    const bus = await openBus(home)
    host.closing.push(() => bus.close())
    const room = openRoom(home, { store: host.context.store, locks, bus, metrics: host.context.metrics })
    room.onDeed(noteDeed(home, host.context.part('deeds')))
    host.context.open('room', room)
    host.closing.push(() => room.close())
  })
}
