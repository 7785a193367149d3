import type { Mailbox, Store } from '../store/store'
import type { AccountId } from '../terms/names'
import type { Uid } from '../terms/numbers'
import type { SourceMailbox } from './source'

/** What clients of the old server see afterwards. `kept`: nothing is downloaded again. */
export type Uids = { readonly kind: 'kept' } | { readonly kind: 'new'; readonly why: string }

/** Messages by which a mailbox is known again, and those of the source that are looked at for them. */
const MAX_COMPARED = 10
const MAX_SEEN = 200

/** Whether a message here has these octets; undefined: it is not here. */
export async function isSame(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  one: Uid,
  octets: Buffer,
): Promise<boolean | undefined> {
  for await (const [row] of store.messages.rows(account, mailbox.id, [one])) {
    if (!row) continue
    return row.size === octets.length && (await store.messages.read(account, row.emailId, 0, row.size))?.equals(octets)
  }
  return undefined
}

/** Whether the source has other octets under a UID, among the first ones from `start` that both have. */
async function differs(
  store: Store,
  account: AccountId,
  existing: Mailbox,
  from: SourceMailbox,
  start: number,
): Promise<boolean> {
  let compared = 0
  let seen = 0
  for await (const message of from.messages(start, MAX_COMPARED)) {
    if (message.uid === undefined || message.uid >= existing.uidNext) break
    if (++seen > MAX_SEEN || compared >= MAX_COMPARED) break
    if (message.uid < start) continue
    const octets = await message.read().catch(() => undefined)
    const same = octets && (await isSame(store, account, existing, message.uid, octets))
    if (same === false) return true
    if (same) compared++
  }
  return false
}

/**
 * UIDVALIDITY is the second of a mailbox's birth in most servers, so mailboxes of two accounts often share one. What is under a
 * UID never changes (RFC 9051 2.3.1.1): other octets there are another mailbox, or mail that came here meanwhile.
 */
async function isAnother(store: Store, account: AccountId, existing: Mailbox, from: SourceMailbox): Promise<boolean> {
  if (await differs(store, account, existing, from, 1)) return true
  return differs(store, account, existing, from, Math.max(1, existing.uidNext - MAX_COMPARED))
}

/** What an import of a mailbox means for clients, before anything is changed. */
export async function whatHappens(
  store: Store,
  account: AccountId,
  existing: Mailbox | undefined,
  from: SourceMailbox,
): Promise<Uids> {
  const { uids } = from
  if (!uids) return { kind: 'new', why: from.newUids ?? 'the source has no UIDs' }
  if (!existing || existing.uidNext === 1) return { kind: 'kept' }
  if (existing.uidValidity !== uids.validity) {
    return { kind: 'new', why: `the mailbox here has had mail under another UIDVALIDITY (${existing.uidValidity})` }
  }
  if (!(await isAnother(store, account, existing, from))) return { kind: 'kept' }
  return {
    kind: 'new',
    why: `here is other mail under the same UIDs: another mailbox of UIDVALIDITY ${existing.uidValidity}, or new mail`,
  }
}
