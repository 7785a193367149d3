import type { Lease } from '../../locks/locks'
import type { TellHolder } from '../../locks/refusal'
import type { AccountLock, AccountMail } from '../../mailbox/mailbox'
import type { Mailbox } from '../../mailbox/vocabulary'
import { onAbort } from '../../terms/abort'
import type { AccountId } from '../../terms/names'
import type { Connection } from '../../transport/connection'
import { bad, faultReply, type Reply } from './reply'
import type { State } from './state'

/** The session, as far as its locks need it. */
interface Holder {
  readonly connection: Connection
  readonly client: string | undefined
  readonly ports: { readonly tellHolder: TellHolder }
  readonly state: State
  bye(text: string): Promise<void>
}

/**
 * The locks that a session shares: of its own account from the first command that needs it to the end, and those of other
 * accounts while one of their mailboxes is selected, or for one command (docs/locks.md#guests). A class: thousands of sessions
 * have one and are idle.
 */
export class Leases {
  readonly #session: Holder
  #own: Lease | undefined
  /** by account */
  #others: Map<AccountId, Lease> | undefined

  constructor(session: Holder) {
    this.#session = session
  }

  /** @param of the mailbox, or its name, whose account it is; the session's own by default. @returns a reply when it is refused */
  async enter(mail: AccountMail, of?: string | Mailbox): Promise<Reply | undefined> {
    const lock = of === undefined ? mail : await mail.lockOf(of)
    const isOwn = lock.id === mail.id
    if (isOwn ? this.#own : this.#others?.has(lock.id)) return undefined
    const lease = await this.#acquire(lock)
    if ('kind' in lease) return lease
    if (isOwn) this.#own = lease
    else {
      this.#others ??= new Map()
      this.#others.set(lock.id, lease)
    }
    onAbort(lease.lost, () => this.#lost(lease))
    return undefined
  }
  async #acquire(lock: AccountLock): Promise<Lease | Reply> {
    const { connection, client, ports } = this.#session
    const entry = {
      protocol: 'imap',
      address: connection.address,
      ...(client !== undefined && { client }),
    } as const
    // What is waiting is sent first: the answer may take seconds.
    connection.writer.flush()
    const entered = await lock.enter(entry, connection.closed)
    if (!entered.ok) return faultReply(entered.fault, ports.tellHolder)
    if (!connection.closed.aborted) return entered.value
    await entered.value.release()
    return bad('closed')
  }
  #lost(lease: Lease): void {
    const isHeld = lease === this.#own || [...(this.#others?.values() ?? [])].includes(lease)
    if (isHeld) void this.#session.bye('The mailbox is needed elsewhere')
  }

  /** The client has said something. */
  touch(): void {
    this.#own?.touch()
    for (const lease of this.#others?.values() ?? []) lease.touch()
  }
  describe(client: string): void {
    this.#own?.describe(client)
  }
  /** Behind a command: those of other accounts go, but for that of the selected mailbox. */
  async settle(): Promise<void> {
    if (!this.#others) return
    const { state } = this.#session
    const kept = state.name === 'selected' ? state.view.account : undefined
    for (const [account, lease] of this.#others) {
      if (account === kept) continue
      this.#others.delete(account)
      await lease.release()
    }
    if (this.#others.size === 0) this.#others = undefined
  }
  async release(): Promise<void> {
    const leases = [...(this.#own ? [this.#own] : []), ...(this.#others?.values() ?? [])]
    this.#own = undefined
    this.#others = undefined
    await Promise.all(leases.map((lease) => lease.release()))
  }
}
