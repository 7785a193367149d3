import type { HarakaPlugin } from '../lib/haraka/host'
import { line } from '../lib/haraka/plugin'
import { openBus, openLocks, openRoom, placeOf } from '../lib/wiring'

/** Line `mailbox/locks`: the shared lock module, and with it the room in which sessions meet; config/mailbox_locks.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'locks', ['store'], async (host) => {
    const place = placeOf(host)
    const locks = await openLocks(place, host.forked, host.context.metrics)
    host.context.open('locks', locks)
    host.closing.push(() => locks.close())

    const bus = await openBus(place)
    host.closing.push(() => bus.close())
    const room = openRoom(place, { store: host.context.store, locks, bus, metrics: host.context.metrics })
    host.context.open('room', room)
    host.closing.push(() => room.close())
  })
}
