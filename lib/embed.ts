import path from 'node:path'
import { createAuthHandler, createHandlers } from './lmtp/handlers'
import { directoryChain } from './login/chain'
import { type Log, noMetrics, silentLog } from './terms/ports'
import { noteDeed, openDeeds } from './wiring/deeds'
import { openDeliveries, openDelivery, readDeliverySettings } from './wiring/delivery'
import { homeAt } from './wiring/home'
import { openBus, openLocks } from './wiring/locks'
import { openLogin, openLoginParts, readLoginSettings } from './wiring/login'
import { messageLimit, openRoom } from './wiring/room'
import { openStore } from './wiring/store'

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
  const log = options.log ?? silentLog
  const home = homeAt(path.resolve(options.home), log)
  // Settings first: what is wrong there is told before anything is open.
  readDeliverySettings(home)
  readLoginSettings(home)
  const opened: { close(): Promise<void> }[] = []
  const closing = <T extends { close(): Promise<void> }>(part: T): T => {
    opened.unshift(part)
    return part
  }
  const close = async (): Promise<void> => {
    for (const part of opened.splice(0)) await part.close()
  }
  try {
    const store = closing(await openStore(home))
    const deliveries = closing(await openDeliveries(home))
    const locks = closing(await openLocks(home, false))
    const bus = closing(await openBus(home))
    const deeds = closing(await openDeeds(home))
    const room = closing(openRoom(home, { store, locks, bus, metrics: noMetrics }))
    room.onDeed(noteDeed(home, deeds))
    const login = closing(
      openLogin(home, store, await openLoginParts(home, store), noMetrics, directoryChain, {
        from: 'postmaster@localhost',
        send: async ({ to }) => log.warn(`a notice to ${to} was not sent`),
      }),
    )
    const forward = options.forward ?? (() => Promise.reject(new Error('this program forwards nothing')))
    const delivery = openDelivery(home, { store, room, deliveries }, forward)
    const handlers = createHandlers({
      delivery,
      hostname: options.hostname ?? 'localhost',
      maxSize: messageLimit(home),
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
      /** what became of each recipient: `list({ address, limit })`, newest first */
      deliveries,
      /** smtp-server options: `new SMTPServer({ ...handlers })` */
      handlers: { onAuth: createAuthHandler(login), ...handlers },
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}
