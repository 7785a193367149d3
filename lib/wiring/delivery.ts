import path from 'node:path'
import { createDelivery, type Delivery } from '../delivery/delivery'
import type { Forward } from '../delivery/forward'
import { type DeliveryLog, openDeliveryLog } from '../delivery/log/log'
import { openRecipientFiles } from '../delivery/recipients/files'
import { createRcpt } from '../delivery/recipients/rcpt'
import { globalScripts } from '../delivery/rules/global-scripts'
import { createRules } from '../delivery/rules/rules'
import { type DeliverySettings, deliverySettings } from '../delivery/settings'
import type { MailRoom } from '../mailbox/mailbox'
import { version } from '../package-root'
import { rulesSettings } from '../sieve/settings'
import type { Store } from '../store/store'
import { systemClock } from '../terms/ports'
import { dataFolder, type Home } from './home'
import { readMailboxSettings } from './room'

export const readDeliverySettings = (home: Home): DeliverySettings => deliverySettings(home.ini('mailbox_deliver'))

/** What became of each recipient, as the processes of this host deliver. */
export const openDeliveries = (home: Home): Promise<DeliveryLog> =>
  openDeliveryLog({
    path: path.join(dataFolder(home), 'deliveries'),
    keep: readDeliverySettings(home).keepLog,
    clock: systemClock,
    log: home.log,
  })

/** Which domains and names are ours, by the files and settings of this home. */
function ourNames(home: Home, settings: DeliverySettings) {
  const files = openRecipientFiles(home.folder, home.log)
  return {
    settings: readMailboxSettings(home),
    aliases: files.aliases,
    isLocalDomain: (domain: string) => settings.domains.has(domain) || files.isListed(domain),
    settingsOf: settings.settingsOf,
  }
}

/** What RCPT would be answered, for people who ask. */
export const openRcpt = (home: Home, store: Store) =>
  createRcpt({ store, log: home.log, ...ourNames(home, readDeliverySettings(home)) })

/** @param forward queues what aliases and rules send elsewhere */
export function openDelivery(
  home: Home,
  { store, room, deliveries }: { store: Store; room: MailRoom; deliveries: DeliveryLog },
  forward: Forward,
): Delivery {
  const settings = readDeliverySettings(home)
  const { globalScripts: scripts, ...rules } = rulesSettings(home.ini('mailbox_sieve'))
  const ports = { store, forward, clock: systemClock, log: home.log }
  return createDelivery({
    ...ports,
    room,
    deliveries,
    ...ourNames(home, settings),
    junkByHeader: settings.junk.byHeader,
    duplicates: settings.duplicates,
    rules: createRules({
      ...ports,
      version,
      settings: rules,
      globalScript: globalScripts(scripts === '' ? '' : path.resolve(home.folder, scripts)),
    }),
  })
}
