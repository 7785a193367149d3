import { type Ini, readSettings } from '../terms/settings'
import type { DeliverySettings } from './delivery'

/** config/mailbox_deliver.ini */
export function deliverySettings(ini: Ini): DeliverySettings & { readonly domains: readonly string[] } {
  const read = readSettings('mailbox_deliver.ini', ini)
  const settings = {
    domains: read.list('main.domains', []).map((domain) => domain.toLowerCase()),
    full: read.choice('main.full', ['temporary', 'permanent'], 'temporary'),
  } as const
  read.done()
  return settings
}
