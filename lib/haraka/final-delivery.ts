import { type AliasTable, parseAliases } from '../mailbox/deliver/aliases'
import { createFinalDelivery, type FinalDelivery } from '../mailbox/deliver/final-delivery'
import { createRules } from '../mailbox/deliver/rules'
import { systemClock } from '../terms/ports'
import { placeOf, readMailboxSettings } from '../wiring'
import { deliverySettings } from './delivery-settings'
import { forwarder } from './forward'
import { spelledHosts } from './host-list'
import type { Host } from './lines'

/** The one final delivery of this process, for `mailbox/deliver` and `mailbox/lmtp`; the first line that asks makes it. */
export function finalDelivery(host: Host): FinalDelivery {
  const { context, plugin, log } = host
  if (context.has('delivery')) return context.delivery
  const place = placeOf(host)
  const settings = deliverySettings(place.ini('mailbox_deliver'))
  const isListed = spelledHosts(() => plugin.config.get('host_list', 'list'))
  const forward = forwarder(host)
  const delivery = createFinalDelivery({
    rules: createRules({ store: context.store, clock: systemClock, log, forward }),
    store: context.store,
    room: context.room,
    settings: readMailboxSettings(place),
    clock: systemClock,
    log,
    aliases: aliasFile(host),
    isLocalDomain: (domain) => settings.domains.has(domain) || isListed(domain),
    settingsOf: settings.settingsOf,
    junkByHeader: settings.junk.byHeader,
    duplicates: settings.duplicates,
    deliveries: context.part('deliveries'),
    forward,
  })
  context.open('delivery', delivery)
  return delivery
}

/** config/mailbox_aliases; Haraka watches the file and gives another array after a change. */
function aliasFile({ plugin, log }: Host): () => AliasTable {
  let last: unknown
  let table: AliasTable = parseAliases([]).table
  return () => {
    const lines = plugin.config.get('mailbox_aliases', 'list')
    if (lines === last || !Array.isArray(lines)) return table
    last = lines
    const parsed = parseAliases(lines.map(String))
    for (const mistake of parsed.mistakes) log.error(`config/mailbox_aliases: ${mistake}`)
    table = parsed.table
    return table
  }
}
