import { failed, ok, type Result } from '../../terms/fault'
import { type AccountId, levelsAbove, type MailboxId } from '../../terms/names'
import { modSeq, type Uid, uid, uidValidity } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import type { SpecialUse } from '../../terms/special-use'
import { type ListChange, type MailboxChange, NO_COMMIT, type Written } from '../change'
import { accountNumber, makeMailboxId } from '../ids'
import { REMOVED_AT_ONCE } from '../limits'
import { subscriptionRecord } from '../records/subscriptions'
import type { CreateOptions, Mailbox, MailboxTable, RecentClaim } from '../store'
import { accountKey, after, mailboxKey } from './keys'
import { addMailbox, allMailboxes, byName, everyEntry, type Found, numbersOf, stateOf } from './mailbox-records'
import { copyOrMove, expunge, mailboxOf, releaseEntries } from './messages-write'
import { findRecord, putRecord } from './records'
import type { MailboxRecord, Tables } from './tables'

const written = <T>(value: T, list: readonly ListChange[]): Result<Written<T>> =>
  ok({ value, commit: { ...NO_COMMIT, list } })

export function createMailboxTable(tables: Tables, clock: Clock): MailboxTable {
  const { mailboxes } = tables

  const toMailbox = (account: number, { number, record }: Found): Mailbox => ({
    id: makeMailboxId(account, number),
    name: record.name,
    uidValidity: uidValidity(record.uidValidity),
    specialUse: record.specialUse,
    subscribed: findRecord(tables, account, 'subscription', record.name) !== undefined,
    ...numbersOf(record),
  })

  function list(account: number): Mailbox[] {
    return allMailboxes(tables, account)
      .map((found) => toMailbox(account, found))
      .sort((a, b) => (a.name === 'INBOX' ? -1 : b.name === 'INBOX' ? 1 : a.name < b.name ? -1 : 1))
  }

  function addParents(id: AccountId, account: number, name: string): ListChange[] {
    return levelsAbove(name)
      .filter((parent) => !byName(tables, account, parent))
      .map((parent) => {
        const { number } = addMailbox(tables, account, parent)
        return { account: id, kind: 'created', mailbox: makeMailboxId(account, number), name: parent } as const
      })
  }

  function create(id: AccountId, name: string, options?: CreateOptions): Result<Written<Mailbox>> {
    const account = accountNumber(id)
    if (!stateOf(tables, account)) return failed({ kind: 'no-such-account' })
    const existing = byName(tables, account, name)
    if (existing) return adopt(account, existing, options)
    const parents = addParents(id, account, name)
    const made = toMailbox(account, addMailbox(tables, account, name, options))
    return written(made, [...parents, { account: id, kind: 'created', mailbox: made.id, name }])
  }

  /** An import brings the numbers of a mailbox that is there already: never used, such as INBOX, or begun by the same import. */
  function adopt(account: number, found: Found, options: CreateOptions | undefined): Result<Written<Mailbox>> {
    const { number, record } = found
    const state = stateOf(tables, account)
    const fits = record.uidNext === 1 || record.uidValidity === options?.uidValidity
    if (options?.uidValidity === undefined || !fits || !state) return failed({ kind: 'mailbox-exists' })
    const { uidValidity: validity, specialUse = record.specialUse } = options
    const changed = {
      ...record,
      uidValidity: validity,
      uidNext: Math.max(record.uidNext, options.uidNext ?? 1),
      specialUse,
    }
    void mailboxes.put(mailboxKey(account, number), changed)
    void tables.states.put(accountKey(account), { ...state, uidValidity: Math.max(state.uidValidity, validity) })
    if (options.subscribed) putRecord(tables, account, 'subscription', subscriptionRecord(record.name))
    return written(toMailbox(account, { number, record: changed }), [])
  }

  function renameOne(id: AccountId, account: number, { number, record }: Found, name: string): ListChange {
    void mailboxes.put(mailboxKey(account, number), { ...record, name })
    const mailbox = makeMailboxId(account, number)
    return { account: id, kind: 'renamed', mailbox, name, oldName: record.name }
  }

  function rename(id: AccountId, from: string, to: string): Result<Written<void>> {
    const account = accountNumber(id)
    const found = byName(tables, account, from)
    const children = allMailboxes(tables, account).filter(({ record }) => record.name.startsWith(`${from}/`))
    // A level that is no mailbox is there as long as something is below it (RFC 9051 6.3.5, 6.3.6).
    if (!found && children.length === 0) return failed({ kind: 'no-such-mailbox' })
    if (byName(tables, account, to) || to === from) return failed({ kind: 'mailbox-exists' })
    if (found && from === 'INBOX') {
      // RFC 9051 6.3.6: the messages move, INBOX stays with its children; who has it selected sees them go.
      const made = create(id, to)
      if (!made.ok) return made
      const { value: target, commit } = made.value
      const uids = [...everyEntry(tables, account, found.number)].map((entry) => entry.uid)
      const inbox = makeMailboxId(account, found.number)
      const moved = copyOrMove(tables, clock, id, inbox, uids, target.id, { kind: 'move' })
      return moved.ok ? ok({ value: undefined, commit: { ...moved.value.commit, list: commit.list } }) : moved
    }
    const moved = [...(found ? [found] : []), ...children].map((one) => ({
      one,
      name: to + one.record.name.slice(from.length),
    }))
    if (to.startsWith(`${from}/`))
      return failed({ kind: 'bad-mailbox-name', why: 'a mailbox cannot become its own child' })
    if (moved.some(({ name }) => byName(tables, account, name))) return failed({ kind: 'mailbox-exists' })
    const parents = addParents(id, account, to)
    return written(undefined, [...parents, ...moved.map(({ one, name }) => renameOne(id, account, one, name))])
  }

  function remove(id: AccountId, name: string): Result<Written<void>> {
    const account = accountNumber(id)
    if (name === 'INBOX') return failed({ kind: 'not-permitted', why: 'INBOX cannot be deleted' })
    const found = byName(tables, account, name)
    if (!found) return failed({ kind: 'no-such-mailbox' })
    releaseEntries(tables, account, found, [...everyEntry(tables, account, found.number)])
    const key = mailboxKey(account, found.number)
    void mailboxes.remove(key)
    for (const old of [...tables.log.getKeys({ start: key, end: after(key) })]) void tables.log.remove(old)
    return written(undefined, [{ account: id, kind: 'deleted', mailbox: makeMailboxId(account, found.number), name }])
  }

  /** Takes the first messages out of a mailbox that is to be removed; undefined: there is nothing to take. */
  function lessen(id: AccountId, name: string): MailboxChange | undefined {
    const account = accountNumber(id)
    const found = byName(tables, account, name)
    if (!found) return undefined
    const uids: Uid[] = []
    for (const entry of everyEntry(tables, account, found.number)) if (uids.push(entry.uid) === REMOVED_AT_ONCE) break
    const done = expunge(tables, id, makeMailboxId(account, found.number), uids, { only: 'all' })
    return done.ok ? done.value.commit.mailboxes[0] : undefined
  }

  async function removeInTurns(id: AccountId, name: string): Promise<Result<Written<void>>> {
    const changes: MailboxChange[] = []
    const isBig = (): boolean => {
      tables.fresh()
      return (byName(tables, accountNumber(id), name)?.record.messages ?? 0) > REMOVED_AT_ONCE
    }
    while (name !== 'INBOX' && isBig()) {
      const change = await tables.write(() => lessen(id, name))
      if (!change) break
      changes.push(change)
    }
    const removed = await tables.write(() => remove(id, name))
    if (!removed.ok) return removed
    return ok({ value: undefined, commit: { ...removed.value.commit, mailboxes: changes } })
  }

  function setSpecialUse(id: AccountId, name: string, uses: readonly SpecialUse[]): Result<Written<void>> {
    const account = accountNumber(id)
    const found = byName(tables, account, name)
    if (!found) return failed({ kind: 'no-such-mailbox' })
    void mailboxes.put(mailboxKey(account, found.number), { ...found.record, specialUse: uses })
    return ok({ value: undefined, commit: NO_COMMIT })
  }

  const claimOf = ({ recentFrom, uidNext }: Pick<MailboxRecord, 'recentFrom' | 'uidNext'>): RecentClaim => ({
    from: uid(recentFrom),
    next: uid(uidNext),
  })

  function claimRecent(id: AccountId, mailbox: MailboxId): RecentClaim {
    const found = mailboxOf(tables, id, mailbox)
    if (!found) return { from: uid(1), next: uid(1) }
    const { account, number, record } = found
    if (record.recentFrom !== record.uidNext)
      void mailboxes.put(mailboxKey(account, number), { ...record, recentFrom: record.uidNext })
    return claimOf(record)
  }

  return {
    list: async (id) => {
      tables.fresh()
      return list(accountNumber(id))
    },
    find: async (id, name) => {
      tables.fresh()
      const found = byName(tables, accountNumber(id), name)
      return found && toMailbox(accountNumber(id), found)
    },
    get: async (id, mailbox) => {
      tables.fresh()
      const found = mailboxOf(tables, id, mailbox)
      return found && toMailbox(found.account, found)
    },
    modSeq: async (id, mailbox) => {
      tables.fresh()
      const found = mailboxOf(tables, id, mailbox)
      return found && modSeq(found.record.modSeq)
    },
    create: (id, name, options) => tables.write(() => create(id, name, options)),
    rename: (id, from, to) => tables.write(() => rename(id, from, to)),
    remove: removeInTurns,
    setSpecialUse: (id, name, uses) => tables.write(() => setSpecialUse(id, name, uses)),
    claimRecent: async (id, mailbox) => {
      const record = mailboxOf(tables, id, mailbox)?.record
      // Nothing new is the usual case and costs no write.
      if (record && record.recentFrom === record.uidNext) return claimOf(record)
      return tables.write(() => claimRecent(id, mailbox), false)
    },
  }
}
