import { createFinalDelivery, type FinalDelivery } from '../../delivery/delivery'
import { openRecipientFiles } from '../../delivery/recipients/files'
import { deliverySettings } from '../../delivery/settings'
import { systemClock } from '../../terms/ports'
import { openRules, placeOf, readMailboxSettings } from '../../wiring'
import { outboundQueue } from '../outbound/queue'
import type { Host } from '../plugin'

/** The one final delivery of this process, for `mailbox/deliver` and `mailbox/lmtp`; the first line that asks makes it. */
export function finalDelivery(host: Host): FinalDelivery {
  const { context, log } = host
  if (context.has('delivery')) return context.delivery
  const place = placeOf(host)
  const settings = deliverySettings(place.ini('mailbox_deliver'))
  const files = openRecipientFiles(place.home, log)
  const forward = outboundQueue(host.plugin)
  const delivery = createFinalDelivery({
    rules: openRules(place, context.store, forward),
    store: context.store,
    room: context.room,
    settings: readMailboxSettings(place),
    clock: systemClock,
    log,
    aliases: files.aliases,
    isLocalDomain: (domain) => settings.domains.has(domain) || files.isListed(domain),
    settingsOf: settings.settingsOf,
    junkByHeader: settings.junk.byHeader,
    duplicates: settings.duplicates,
    deliveries: context.part('deliveries'),
    forward,
  })
  context.open('delivery', delivery)
  return delivery
}
