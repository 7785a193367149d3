import { userInfo } from 'node:os'
import type { AttemptLog } from '../../login/lockout/attempts'
import type { AccountMail, MailRoom } from '../../mailbox/mailbox'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import { noMetrics } from '../../terms/ports'
import { openBus, openLocks } from '../../wiring/locks'
import { openLoginParts } from '../../wiring/login'
import { openVerbs } from '../../wiring/room'
import { openStore } from '../../wiring/store'
import { openHome } from '../home'

/** What a command has that does something to mail beside a running server: sessions see it at once, and the audit trail has it. */
export interface Desk {
  readonly room: MailRoom
  readonly store: Store
  /** Throws when there is none, in words. */
  account(name: string): Promise<Account>
  /** With the mailbox lock held, as any session has it. Throws when somebody keeps it out, in words. */
  within<T>(account: Account, run: (mail: AccountMail) => Promise<T>): Promise<T>
  /** Writes what was done into the audit trail. */
  note(user: string, what: string): Promise<void>
}

/** Who has called the command; `sudo` says who that was. */
const callerOf = (): string => process.env.SUDO_USER || userInfo().username

function deskOf(room: MailRoom, store: Store, attempts: AttemptLog, caller: string): Desk {
  return {
    room,
    store,
    async account(name) {
      const account = await store.accounts.find(name)
      if (account) return account
      const removed = await room.accountBin.find(name)
      if (removed) throw new Error(`${removed.name} was removed: haraka-mailbox accounts restore ${removed.name}`)
      throw new Error(`there is no account ${name}`)
    },
    async within({ id, name, overrides, admin }, run) {
      const mail = room.account({ id, name, overrides, admin })
      const lease = await mail.enter({ protocol: 'admin', address: '127.0.0.1', client: 'haraka-mailbox' })
      if (!lease.ok) {
        const { fault } = lease
        const by = fault.kind === 'held' ? `a ${fault.by.protocol.toUpperCase()} session is in it` : fault.kind
        throw new Error(`${name}: the mailbox is locked: ${by} (haraka-mailbox locks show ${name})`)
      }
      try {
        return await run(mail)
      } finally {
        await lease.value.release()
      }
    },
    note: (user, what) =>
      attempts.note({
        ...{ at: Date.now(), user, address: '127.0.0.1', protocol: 'cli', mechanism: 'ADMIN' },
        verdict: 'granted',
        reason: `${what} by ${caller}`,
      }),
  }
}

export async function withDesk<T>(folder: string, run: (desk: Desk) => Promise<T>): Promise<T> {
  const caller = callerOf()
  const home = openHome(folder)
  const closing: (() => Promise<void>)[] = []
  try {
    const store = await openStore(home)
    closing.push(() => store.close())
    const locks = await openLocks(home, false)
    closing.push(() => locks.close())
    const bus = await openBus(home)
    closing.push(() => bus.close())
    const { attempts } = await openLoginParts(home, store)
    closing.push(() => attempts.close())
    const room = openVerbs(home, { store, locks, bus, metrics: noMetrics })
    closing.push(() => room.close())
    return await run(deskOf(room, store, attempts, caller))
  } finally {
    for (const close of closing.reverse()) await close()
  }
}
