import type { Lease, Refusal } from '../../locks/locks'
import type { MessageRow } from '../../store/store'
import { unavailable } from '../../terms/errors'
import { type Fault, failed, ok, type Result } from '../../terms/fault'
import type { AccountId, MailboxId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import { type Maildrop, type MaildropOptions, MessageGone, type TooSoon } from '../mailbox'
import type { Did, Parts } from '../parts'
import { mailboxNamed } from '../verbs/resolve'
import { type Frozen, freeze } from './freeze'
import { noteLogin } from './login-delay'
import { openMessage } from './message'
import { type MaildropUpdate, updateMaildrop } from './update'

export interface OpenMaildrop extends MaildropOptions {
  readonly mailbox: string
  readonly lease: Lease
  /** false in lock mode `snapshot`: several maildrops of one account are open at once, and each may delete */
  readonly checkFence: boolean
  readonly did: Did
}

/**
 * Freezes a mailbox for POP3 under a lease whose fence the store has seen. Keeps the lease only when it succeeds.
 * @param signal the client has left: its login is none
 */
export async function openMaildrop(
  parts: Parts,
  account: AccountId,
  options: OpenMaildrop,
  signal?: AbortSignal,
): Promise<Result<Maildrop, Refusal | Fault | TooSoon>> {
  const refused = async <F>(fault: F): Promise<Result<never, F>> => {
    await options.lease.release()
    return failed(fault)
  }
  try {
    const mailbox = await mailboxNamed(parts.store, account, options.mailbox)
    const frozen = mailbox && (await freeze(parts, account, mailbox))
    if (frozen === undefined) return refused({ kind: 'no-such-mailbox' })
    const maildrop = createMaildrop(parts, account, frozen, options)
    const tooSoon = !signal?.aborted && (await noteLogin(parts, account, options.loginDelay ?? 0))
    if (!tooSoon) return ok(maildrop)
    return options.tooSoon === 'empty' ? ok({ ...maildrop, count: 0, octets: 0 }) : refused({ kind: 'too-soon' })
  } catch (error) {
    await options.lease.release()
    return unavailable(error)
  }
}

async function seenUids({ store }: Parts, account: AccountId, mailbox: MailboxId): Promise<Uid[]> {
  const snapshot = await store.messages.snapshot(account, mailbox)
  if (snapshot === undefined) return []
  const { uids, flags, flagSets } = snapshot
  return [...uids.filter((_, at) => flagSets[flags[at] ?? 0]?.has('\\Seen'))].map(uid)
}

/** rows that are read at once for a client that takes all */
const AHEAD = 20
/** octets of their BODYSTRUCTUREs */
const MOST_AHEAD = 1024 * 1024

function createMaildrop(parts: Parts, account: AccountId, frozen: Frozen, options: OpenMaildrop): Maildrop {
  const { store } = parts
  const { lease } = options
  const { uids, sizes, mailbox } = frozen
  const count = uids.length
  let closed = false

  function position(number: number): number {
    if (!Number.isInteger(number) || number < 1 || number > count) throw new RangeError(`no message ${number}`)
    return options.order === 'newest-first' ? count - number : number - 1
  }
  const uidOf = (number: number): Uid => uid(uids[position(number)] ?? 0)

  let ahead: ReadonlyMap<number, MessageRow> = new Map()
  let last = 0
  async function readRows(first: number, behind: number): Promise<Map<number, MessageRow>> {
    const uids = Array.from({ length: behind - first }, (_, nth) => uidOf(first + nth)).sort((a, b) => a - b)
    const read = new Map<number, MessageRow>()
    let octets = 0
    for await (const batch of store.messages.rows(account, mailbox, uids)) {
      for (const row of batch) {
        read.set(row.uid, row)
        octets += row.prepared.bodyStructure.length
      }
      // Records of thousands of parts are megabytes.
      if (octets >= MOST_AHEAD && read.has(uidOf(first))) break
    }
    return read
  }
  async function rowOf(number: number): Promise<MessageRow> {
    const wanted = uidOf(number)
    // Most clients take one message after the other.
    const further = number === last + 1 ? Math.min(count + 1, number + AHEAD) : number + 1
    if (!ahead.has(wanted)) ahead = await readRows(number, further)
    last = number
    const row = ahead.get(wanted)
    if (row !== undefined) return row
    throw new MessageGone(`message ${number} was removed by another session`)
  }

  async function apply(
    deleted: readonly number[],
    seen: readonly number[],
    how: MaildropUpdate['how'],
  ): Promise<Result<void>> {
    const ascending = (numbers: readonly number[]) => [...new Set(numbers.map(uidOf))].sort((a, b) => a - b)
    const removed: MaildropUpdate['removed'] = (to) =>
      options.did(to === undefined ? 'expunged' : 'moved', options.mailbox, deleted.length, to)
    const fence = options.checkFence ? { fence: lease.fence } : {}
    return updateMaildrop(parts, account, mailbox, {
      deleted: ascending(deleted),
      seen: ascending(seen),
      how,
      fence,
      removed,
    })
  }

  return {
    lease,
    count,
    octets: frozen.octets,
    sizeOf: (number) => sizes[position(number)] ?? 0,
    uidlOf: (number) => frozen.uidl(uidOf(number)),
    async message(number, text) {
      const row = await rowOf(number)
      return openMessage(row, (start, end) => store.messages.read(account, row.emailId, start, end), text)
    },
    async seenBefore(time) {
      const seen = await seenUids(parts, account, mailbox)
      const old = new Set<number>()
      for await (const batch of store.messages.keys(account, mailbox, seen))
        for (const row of batch) if (row.saveDate < time) old.add(row.uid)
      const numbers = Array.from(uids, (_, index) => index + 1)
      return numbers.filter((number) => old.has(uidOf(number)))
    },
    async update(deleted, seen, how) {
      if (deleted.length === 0 && seen.length === 0) return ok(undefined)
      const done =
        closed || lease.lost.aborted ? failed({ kind: 'lease-lost' } as const) : await apply(deleted, seen, how)
      if (!done.ok && done.fault.kind === 'lease-lost') parts.metrics.count('mailbox_lock_fence_refused_total', {})
      return done
    },
    async close() {
      closed = true
      await lease.release()
    },
  }
}
