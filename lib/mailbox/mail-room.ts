import type { Clock, Log, Metrics } from '../terms/ports'
import { createAccountMail } from './account-mail'
import { deliver } from './deliver/store-copy'
import { createHub } from './hub'
import { createKept } from './kept'
import type { Bus, MailRoom } from './mailbox'
import { ensureSpecialUse } from './mailbox-verbs'
import type { Parts } from './parts'
import { createStates } from './view/states'

export interface MailRoomOptions extends Omit<Parts, 'hub' | 'states' | 'uidls'> {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

/** Puts the room together. `close` ends its timers and views; store, locks and bus belong to the caller. */
export function createMailRoom(options: MailRoomOptions): MailRoom {
  const { store, bus, log, settings } = options
  const states = createStates({ store, log, keepRows: settings.keepRows })
  const hub = createHub({ states, bus, log })
  const kept = createKept(settings.keepTexts)
  const parts: Parts = { ...options, states, hub, uidls: kept.columns() }

  function poll(): void {
    states.refreshAll().catch((error: Error) => log.debug(`views are not caught up yet: ${error.message}`))
  }
  const timer = settings.safetyPoll > 0 ? setInterval(poll, settings.safetyPoll).unref() : undefined

  return {
    store,
    hub,
    texts: kept.columns(),
    keys: kept.columns(),
    maxMessageSize: settings.maxMessageSize,
    account: (identity) => createAccountMail(parts, identity),
    deliver: (delivery) => deliver(parts, delivery),
    ensureSpecialUse: (account) => ensureSpecialUse(parts, account),
    async close() {
      clearInterval(timer)
      hub.close()
      states.close()
    },
  }
}
