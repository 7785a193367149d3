import { textOf } from '../terms/errors'
import { ok } from '../terms/fault'
import type { AccountId } from '../terms/names'
import type { Clock, Log, Metrics } from '../terms/ports'
import { createPool } from '../work/pool'
import { accountBin } from './bin/account-bin'
import type { MailDeed } from './deeds/deed'
import type { Filed } from './filed'
import { createHub } from './hub'
import { createKept } from './kept'
import type { Bus, MailRoom } from './mailbox'
import type { Parts } from './parts'
import { guestMail } from './shared/guest-mail'
import { createSeldom } from './shared/seldom'
import { createIndexDesk } from './texts/status'
import { createAccountMail } from './verbs/account-mail'
import { deliver, postable } from './verbs/deliver'
import { ensureSpecialUse } from './verbs/mailbox-verbs'
import { type PrepareSmall, preparing } from './verbs/prepare-message'
import { createStates } from './view/states'

export interface MailRoomOptions
  extends Omit<Parts, 'hub' | 'states' | 'maildrops' | 'prepare' | 'filed' | 'did' | 'tellsOpened'> {
  readonly prepare: PrepareSmall
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
}

const MOST_PROVIDED = 10_000
/** Programs open mailboxes every minute: the log of what was done is not to be full of that. */
const HOUR = 3_600_000
const MOST_OPENED = 10_000
const MEGABYTE = 1024 * 1024

/** Puts the room together. `close` ends its timers, views and threads; store, locks and bus belong to the caller. */
export function createMailRoom(options: MailRoomOptions): MailRoom {
  const { store, bus, log, settings } = options
  const states = createStates({ store, log, keepRows: settings.keepRows })
  const hub = createHub({ states, bus, log })
  const kept = createKept(settings.keepTexts)
  const pool = createPool({ threads: settings.threads, memory: settings.threadMemory / MEGABYTE })
  function listeners<T>(of: string) {
    const all: ((done: T) => void)[] = []
    const tell = (done: T): void => {
      for (const listener of all) {
        try {
          listener(done)
        } catch (error) {
          log.error(`told of ${of}: ${textOf(error)}`)
        }
      }
    }
    return { all, tell }
  }
  const filed = listeners<Filed>('messages that were moved')
  const deeds = listeners<MailDeed>('what was done to mail')
  const parts: Parts = {
    ...{ ...options, states, hub, filed: filed.tell, did: deeds.tell },
    maildrops: new WeakMap(),
    tellsOpened: createSeldom({ clock: options.clock, every: HOUR, most: MOST_OPENED }),
    prepare: preparing(pool, options.prepare),
  }

  /** Accounts that have their mailboxes: not looked at again at each login. */
  const provided = new Set<AccountId>()

  function poll(): void {
    states.refreshAll().catch((error: Error) => log.debug(`views are not caught up yet: ${error.message}`))
  }
  const timer = settings.safetyPoll > 0 ? setInterval(poll, settings.safetyPoll).unref() : undefined

  return {
    accounts: store.accounts,
    appPasswordUses: (account) => store.uses.list(account),
    lockRefusals: (account) => store.refusals.list(account, options.clock.now()),
    accountBin: accountBin(parts),
    storeName: store.facts.name,
    usable: () => store.usable(),
    hub,
    pool,
    texts: kept.columns(),
    keys: kept.columns(),
    maxMessageSize: settings.maxMessageSize,
    account: (identity, actor) => createAccountMail(parts, identity, actor),
    guest: (identity, actor) => guestMail(parts, identity, actor),
    deliver: (copy) => deliver(parts, copy),
    postable: (account) => postable(parts, account),
    index: store.texts && createIndexDesk(store.texts, settings.indexTexts, hub.askIndex),
    ensureSpecialUse: async (account) => {
      if (provided.has(account)) return ok(undefined)
      const ensured = await ensureSpecialUse(parts, account)
      if (provided.size >= MOST_PROVIDED) provided.clear()
      if (ensured.ok) provided.add(account)
      return ensured
    },
    onFiled(listener) {
      filed.all.push(listener)
    },
    onDeed(listener) {
      deeds.all.push(listener)
    },
    async close() {
      clearInterval(timer)
      hub.close()
      states.close()
      await pool.close()
    },
  }
}
