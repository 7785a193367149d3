import type { Commit, ListChange } from '../store/change'
import { textOf } from '../terms/errors'
import { type AccountId, accountId, mailboxId } from '../terms/names'
import { modSeq } from '../terms/numbers'
import type { Log } from '../terms/ports'
import {
  type AccountMail,
  type Bus,
  type Hub,
  type ListListener,
  type MailboxListener,
  MESSAGE_EVENTS,
  type Notice,
} from './mailbox'
import type { States } from './view/states'

/** Where every commit of this process goes: into its views, to its listeners, to the other processes. */
export interface CommitHub extends Hub {
  /** Only ever given what the store has committed. @param by whose verbs did it */
  publish(commit: Commit, by?: AccountMail): void
  /** Tells whoever builds the text index, in any process. */
  askIndex(): void
  close(): void
}

interface Listeners<Args extends readonly unknown[]> {
  add(account: AccountId, listener: (...args: Args) => void): () => void
  call(account: AccountId, ...args: Args): void
  callAll(...args: Args): void
}

function createListeners<Args extends readonly unknown[]>(log: Log): Listeners<Args> {
  const byAccount = new Map<AccountId, Set<(...args: Args) => void>>()
  function tell(listener: (...args: Args) => void, args: Args): void {
    try {
      listener(...args)
    } catch (error) {
      log.error(`a listener to changes of an account failed: ${textOf(error)}`)
    }
  }
  return {
    add(account, listener) {
      const listeners = byAccount.get(account) ?? new Set()
      // A wrapper of its own: the same function may listen twice and leave once.
      const entry = (...args: Args) => listener(...args)
      byAccount.set(account, listeners.add(entry))
      return () => {
        listeners.delete(entry)
        if (listeners.size === 0 && byAccount.get(account) === listeners) byAccount.delete(account)
      }
    },
    call: (account, ...args) => {
      for (const listener of byAccount.get(account) ?? []) tell(listener, args)
    },
    callAll: (...args) => {
      for (const listeners of byAccount.values()) for (const listener of listeners) tell(listener, args)
    },
  }
}

export function createHub({ states, bus, log }: { states: States; bus: Bus; log: Log }): CommitHub {
  const onList = createListeners<Parameters<ListListener>>(log)
  const onMailbox = createListeners<Parameters<MailboxListener>>(log)
  const onGap = createListeners<[]>(log)
  const indexListeners = new Set<() => void>()
  const anyListeners = new Set<Parameters<Hub['onAny']>[0]>()

  function mailboxChanged(account: AccountId, ...change: Parameters<MailboxListener>): void {
    onMailbox.call(account, ...change)
    for (const listener of anyListeners) listener(account, change[2])
  }

  function listChanged(change: ListChange, by: AccountMail | undefined): void {
    if (change.kind === 'deleted' && change.mailbox !== undefined) states.vanish(change.mailbox)
    onList.call(change.account, change, by)
  }

  function indexAsked(): void {
    for (const listener of indexListeners) listener()
  }

  function heard(notice: Notice): void {
    switch (notice.kind) {
      case 'mailbox':
        states.reached(mailboxId(notice.mailbox), notice.modSeq)
        mailboxChanged(
          accountId(notice.account),
          mailboxId(notice.mailbox),
          modSeq(notice.modSeq),
          notice.happened ?? MESSAGE_EVENTS,
          undefined,
        )
        return
      case 'list':
        listChanged(notice.change, undefined)
        return
      case 'index':
        indexAsked()
        return
      case 'gap':
        states.refreshAll().catch((error: Error) => log.debug(`views are not caught up yet: ${error.message}`))
        onGap.callAll()
        return
    }
  }
  const unsubscribe = bus.subscribe(heard)

  return {
    onList: onList.add,
    onMailbox: onMailbox.add,
    onGap: onGap.add,
    onAny(listener) {
      anyListeners.add(listener)
      return () => void anyListeners.delete(listener)
    },
    onIndexAsked(listener) {
      indexListeners.add(listener)
      return () => void indexListeners.delete(listener)
    },
    askIndex() {
      indexAsked()
      bus.publish({ kind: 'index' })
    },
    publish(commit, by) {
      for (const change of commit.mailboxes) states.offer(change)
      for (const { account, mailbox, modSeq, changes } of commit.mailboxes) {
        const happened = MESSAGE_EVENTS.filter((event) => changes.some(({ kind }) => kind === event))
        mailboxChanged(account, mailbox, modSeq, happened, by)
        bus.publish({ kind: 'mailbox', account, mailbox, modSeq, happened })
      }
      for (const change of commit.list) {
        listChanged(change, by)
        bus.publish({ kind: 'list', change })
      }
    },
    close: unsubscribe,
  }
}
