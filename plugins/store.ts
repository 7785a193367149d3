import { homeOf } from '../lib/haraka/home'
import { hooks } from '../lib/haraka/hooks'
import type { HarakaPlugin } from '../lib/haraka/host'
import { createSmtpSessions } from '../lib/haraka/listen/smtp-sessions'
import { mailboxPlugin } from '../lib/haraka/plugin'
import { createMetrics } from '../lib/metrics/registry'
import { openDeeds } from '../lib/wiring/deeds'
import { openDeliveries } from '../lib/wiring/delivery'
import { openGathering, openProcessWatch } from '../lib/wiring/metrics'
import { openStore } from '../lib/wiring/store'

/** `mailbox/store`: opens the mail store; config/mailbox_store.ini. */
export function register(this: HarakaPlugin): void {
  const smtp = createSmtpSessions()
  mailboxPlugin(this, 'store', [], async (host) => {
    host.context.stopping.sessions.push(() => smtp.close())
    const home = homeOf(host)
    const metrics = createMetrics()
    host.context.open('metrics', metrics)
    const gathering = await openGathering(home, metrics)
    host.context.open('gathering', gathering)
    host.closing.push(async () => gathering.close())
    const stopWatch = openProcessWatch(home, metrics)
    host.closing.push(async () => stopWatch())

    const deliveries = await openDeliveries(home)
    host.context.open('deliveries', deliveries)
    host.closing.push(() => deliveries.close())

    const deeds = await openDeeds(home)
    host.context.open('deeds', deeds)
    host.closing.push(() => deeds.close())

    const store = await openStore(home)
    host.context.open('store', store)
    host.closing.push(() => store.close())
  })
  hooks(this, { connect_init: smtp.connectInit, disconnect: smtp.disconnect })
}
