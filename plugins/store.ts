import type { HarakaPlugin } from '../lib/haraka/host'
import { line } from '../lib/haraka/lines'
import { openStore, placeOf } from '../lib/wiring'

/** Line `mailbox/store`: opens the mail store; config/mailbox_store.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'store', [], async (host) => {
    const store = await openStore(placeOf(host))
    host.context.open('store', store)
    host.closing.push(() => store.close())
  })
}
