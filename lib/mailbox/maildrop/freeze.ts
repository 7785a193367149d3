import type { Mailbox, MaildropColumns } from '../../store/store'
import { Unavailable } from '../../terms/errors'
import type { AccountId, MailboxId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import { uidlOf } from '../../terms/uidl'
import type { Parts } from '../parts'
import type { MailboxState } from '../view/state'

/** A mailbox as POP3 shows it, at one moment. */
export interface Frozen {
  readonly mailbox: MailboxId
  readonly uids: Uint32Array
  /** octets on the wire (RFC 1939 11: the size is that of what RETR sends) */
  readonly sizes: Uint32Array
  /** sum of the sizes */
  readonly octets: number
  uidl(one: Uid): string
}

/** Messages of which something is known although they are gone, beyond as many as are there. */
const MOST_GONE = 1000
const ATTEMPTS = 10

const lastOf = (uids: Uint32Array | undefined): number => uids?.at(-1) ?? 0

function joined(known: MaildropColumns | undefined, behind: MaildropColumns): MaildropColumns {
  if (!known) return behind
  if (behind.uids.length === 0) return known
  const both = (first: Uint32Array, second: Uint32Array): Uint32Array => {
    const all = new Uint32Array(first.length + second.length)
    all.set(first)
    all.set(second, first.length)
    return all
  }
  return {
    uids: both(known.uids, behind.uids),
    added: both(known.added, behind.added),
    imported: behind.imported.size === 0 ? known.imported : new Map([...known.imported, ...behind.imported]),
  }
}

/** What POP3 tells of the messages up to the last: kept of the last time, and read of those that came since. */
async function knownUpTo(
  { store, maildrops }: Parts,
  account: AccountId,
  state: MailboxState,
  uids: Uint32Array,
): Promise<MaildropColumns> {
  const kept = maildrops.get(state)
  const known = kept && kept.uids.length <= 2 * uids.length + MOST_GONE ? kept : undefined
  if (known && lastOf(known.uids) >= lastOf(uids)) return known
  const last = lastOf(known?.uids)
  const read = await store.messages.maildrop(account, state.mailbox.id, last === 0 ? undefined : uid(last))
  const all = joined(known, read)
  maildrops.set(state, all)
  return all
}

/** Adds to each size what its line ends add. @returns the sum; undefined: one of the messages is gone */
function sumOnWire(uids: Uint32Array, sizes: Uint32Array, known: MaildropColumns): number | undefined {
  let at = 0
  let octets = 0
  for (let nth = 0; nth < uids.length; nth++) {
    const one = uids[nth] ?? 0
    while ((known.uids[at] ?? one) < one) at++
    if (known.uids[at] !== one) return undefined
    const size = (sizes[nth] ?? 0) + (known.added[at] ?? 0)
    sizes[nth] = size
    octets += size
  }
  return octets
}

/**
 * The index and what POP3 tells beside it are two reads: a message that is in the first and not in the second went between them
 * (another session, in the lock modes that allow it), and the index is read again.
 * @returns undefined: there is no such mailbox
 */
export async function freeze(parts: Parts, account: AccountId, mailbox: Mailbox): Promise<Frozen | undefined> {
  const holding = await parts.states.acquire(account, mailbox)
  if (holding === undefined) return undefined
  const { state, release } = holding
  try {
    for (let attempt = 0; attempt < ATTEMPTS && !state.gone; attempt++) {
      const { uids, sizes } = state.columns.freeze()
      const known = await knownUpTo(parts, account, state, uids)
      const octets = sumOnWire(uids, sizes, known)
      if (octets !== undefined) {
        const uidl = (one: Uid): string => uidlOf(mailbox.uidValidity, one, known.imported.get(one) ?? '')
        return { mailbox: mailbox.id, uids, sizes, octets, uidl }
      }
      await state.refresh()
    }
  } finally {
    release()
  }
  if (state.gone) return undefined
  throw new Unavailable('the mailbox changes too fast to be frozen')
}
