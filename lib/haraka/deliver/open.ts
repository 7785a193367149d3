import type { Delivery } from '../../delivery/delivery'
import { openDelivery } from '../../wiring/delivery'
import { homeOf } from '../home'
import { outboundQueue } from '../outbound/queue'
import type { Host } from '../plugin'

/** The one delivery of this process, for `mailbox/deliver`, `mailbox/lmtp` and webmail; the first plugin that asks opens it. */
export function deliveryOf(host: Host): Delivery {
  const { context } = host
  if (!context.has('delivery')) {
    const parts = { store: context.store, room: context.room, deliveries: context.part('deliveries') }
    context.open('delivery', openDelivery(homeOf(host), parts, outboundQueue(host.plugin)))
  }
  return context.delivery
}
