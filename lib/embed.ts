import path from 'node:path'
import config from 'haraka-config'
import { createFinalDelivery } from './delivery/delivery'
import { openRecipientFiles } from './delivery/recipients/files'
import { deliverySettings } from './delivery/settings'
import { createAuthHandler, createHandlers } from './lmtp/handlers'
import { directoryChain } from './login/chain'
import { loginSettings } from './login/settings'
import { packageRoot } from './package-root'
import { type Log, noMetrics, silentLog, systemClock } from './terms/ports'
import type { Ini } from './terms/settings'
import {
  messageLimit,
  openBus,
  openLocks,
  openLogin,
  openRoom,
  openRules,
  openStore,
  type Place,
  readMailboxSettings,
} from './wiring'

export interface EmbedOptions {
  /** folder with `config/mailbox_*.ini`; mail lies in it as mailbox_store.ini says. A Haraka may run on the same folder. */
  readonly home: string
  /** the name in Received lines */
  readonly hostname?: string
  /** `each`: one reply for each recipient (an smtp-server with `lmtp: true`); `one`: SMTP (default) */
  readonly replies?: 'each' | 'one'
  readonly log?: Log
  /** Queues mail for aliases that lead elsewhere; without it such recipients are refused for the time being (451). */
  forward?(sender: string, recipients: readonly string[], octets: Buffer): Promise<void>
  /** SMTP has one reply for all: told of recipients that failed when others were stored. */
  onFailed?(sender: string, failures: readonly string[]): void
}

/**
 * Store, login door with its lockouts, and handlers for Node programs that run the smtp-server package themselves, without
 * Haraka. Rejects when the settings are wrong or the store cannot be opened.
 */
export async function openMailboxes(options: EmbedOptions) {
  const home = path.resolve(options.home)
  const log = options.log ?? silentLog
  const files = config.module_config(packageRoot, home)
  const place: Place = { home, log, ini: (name) => files.get(`${name}.ini`) as Ini } // haraka-config gives sections of text
  // Settings first: what is wrong there is told before anything is open.
  const settings = deliverySettings(place.ini('mailbox_deliver'))
  loginSettings(place.ini('mailbox_login'), place.ini('redis'))
  const recipients = openRecipientFiles(home, log)
  const store = await openStore(place)
  const locks = await openLocks(place, false)
  const bus = await openBus(place)
  const room = openRoom(place, { store, locks, bus, metrics: noMetrics })
  const login = openLogin(place, store, noMetrics, directoryChain, async ({ to }) =>
    log.warn(`a notice to ${to} was not sent`),
  )
  const forward = options.forward ?? (() => Promise.reject(new Error('this program forwards nothing')))
  const delivery = createFinalDelivery({
    rules: openRules(place, store, forward),
    store,
    room,
    settings: readMailboxSettings(place),
    clock: systemClock,
    log,
    aliases: recipients.aliases,
    isLocalDomain: (domain) => settings.domains.has(domain) || recipients.isListed(domain),
    settingsOf: settings.settingsOf,
    junkByHeader: settings.junk.byHeader,
    duplicates: settings.duplicates,
    forward,
  })
  const handlers = createHandlers({
    delivery,
    hostname: options.hostname ?? 'localhost',
    maxSize: messageLimit(place),
    received: true,
    replies: options.replies ?? 'one',
    log,
    ...(options.onFailed && { onFailed: options.onFailed }),
  })
  return {
    store,
    room,
    login,
    delivery,
    /** smtp-server options: `new SMTPServer({ ...handlers })` */
    handlers: { onAuth: createAuthHandler(login), ...handlers },
    close: async (): Promise<void> => {
      for (const part of [room, login, bus, locks, store]) await part.close()
    },
  }
}
