import type { HarakaPlugin } from '../lib/haraka/host'
import { line } from '../lib/haraka/plugin'
import { openDeliveries, openGathering, openLoopWatch, openMetrics, openStore, placeOf } from '../lib/wiring'

/** Line `mailbox/store`: opens the mail store; config/mailbox_store.ini. */
export function register(this: HarakaPlugin): void {
  line(this, 'store', [], async (host) => {
    const place = placeOf(host)
    const metrics = openMetrics()
    host.context.open('metrics', metrics)
    const gathering = await openGathering(place, metrics)
    host.context.open('gathering', gathering)
    host.closing.push(async () => gathering.close())
    const stopWatch = openLoopWatch(place, metrics)
    host.closing.push(async () => stopWatch())

    const deliveries = openDeliveries(place)
    host.context.open('deliveries', deliveries)
    host.closing.push(() => deliveries.close())

    const store = await openStore(place)
    host.context.open('store', store)
    host.closing.push(() => store.close())
  })
}
