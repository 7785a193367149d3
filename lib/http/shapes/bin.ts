import { placeFrom } from '../../mailbox/bin/bin-verbs'
import type { BinListed, BinState, BinVerbs, EraseProof, Restored } from '../../mailbox/mailbox'
import type { BinnedMessage } from '../../mailbox/vocabulary'
import { type BinnedId, binnedId } from '../../terms/names'
import { faultRefusal, Refused } from '../../web/kernel/faults'
import { flag, list, object, optional, text, whole } from '../../web/kernel/schema'

/** The recycle bin, as its user and administrators see it. */

const MOST_IDS = 20_000
const MOST_LISTED = 500
const PAGE = 100

export const binQuery = object({
  find: optional(text(1000)),
  after: optional(text(100)),
  limit: optional(whole(1, MOST_LISTED)),
})

const binned = object({
  id: text(64),
  mailbox: text(),
  /** name or address of who wrote it, and its subject; left out where an administrator may not read mail */
  from: optional(text()),
  subject: optional(text()),
  size: whole(),
  flags: list(text()),
  /** milliseconds since 1970: when it came in, was removed, and is erased */
  date: whole(),
  removedAt: whole(),
  until: whole(),
})

export const binPage = object({
  messages: list(binned),
  /** `after` of the next page */
  next: optional(text()),
  /** of all that is in the bin */
  total: whole(),
  bytes: whole(),
  /** milliseconds for which what is removed now is kept; 0: it is gone at once */
  keptFor: whole(),
})

/** @param most ids, or all */
export const chosen = object({ ids: optional(list(text(64), MOST_IDS)), all: optional(flag()) })

export const restored = object({
  messages: whole(),
  mailboxes: list(object({ mailbox: text(), messages: whole() })),
  /** of the ids that were named: not in the bin any more, restored or erased before */
  missing: list(text()),
  /** why others were not given back */
  stopped: optional(text()),
})

export const proof = object({
  messages: whole(),
  bytes: whole(),
  /** what is left of them, looked for anew; empty: nothing */
  left: list(text()),
  disk: text(),
})

const line = (words: string): string => words.split('\n')[0] ?? ''

/** @param readable whether who asks may read the mail */
const binnedView = ({ keys, flags, internalDate, ...message }: BinnedMessage, readable: boolean) => ({
  ...{ id: message.id, mailbox: message.mailbox, size: message.size, flags: flags.names, date: internalDate },
  ...{ removedAt: message.removedAt, until: message.until },
  ...(readable && { from: line(keys.displayFrom || keys.from), subject: line(keys.subject) }),
})

export const pageOf = (
  { messages, next }: BinListed,
  { messages: total, bytes, keptFor }: BinState,
  readable = true,
) => ({
  messages: messages.map((message) => binnedView(message, readable)),
  ...{ next, total, bytes, keptFor },
})

/** Throws 422 for an `after` that no page gave. */
export async function listOf(
  bin: BinVerbs,
  { find, after, limit = PAGE }: { find?: string | undefined; after?: string | undefined; limit?: number | undefined },
): Promise<BinListed> {
  if (after !== undefined && !placeFrom(after))
    throw new Refused(422, 'bad-request', '`after` is what `next` of a page says.')
  return bin.list({ limit, ...(find !== undefined && { find }), ...(after !== undefined && { after }) })
}

export const restoredOf = ({ messages, mailboxes, fault }: Restored, missing: readonly BinnedId[]) => ({
  ...{ messages, mailboxes, missing },
  stopped: fault && faultRefusal(fault).message,
})

export const proofOf = ({ messages, bytes, left, disk }: EraseProof) => ({ messages, bytes, left, disk })

/** Throws 404. */
export function binOf({ bin }: { readonly bin: BinVerbs | undefined }): BinVerbs {
  if (bin) return bin
  throw new Refused(404, 'not-found', 'This store has no recycle bin.')
}

/** One of the two must be said, so that an empty list is not everything. Throws 422. */
export function whichOf({ ids, all }: { ids?: readonly string[] | undefined; all?: boolean | undefined }) {
  if ((ids === undefined) === (all !== true)) throw new Refused(422, 'bad-request', 'Say `ids`, or `all`.')
  return ids === undefined ? ('all' as const) : idsOf(ids)
}
function idsOf(ids: readonly string[]): BinnedId[] {
  try {
    return ids.map((id) => binnedId(id))
  } catch {
    throw new Refused(422, 'bad-request', 'One of `ids` is no id.')
  }
}

/** What to give back: those that were named and are there, or all that are there now. */
export async function toRestore(
  bin: BinVerbs,
  which: readonly BinnedId[] | 'all',
): Promise<{ readonly ids: readonly BinnedId[]; readonly missing: readonly BinnedId[] }> {
  if (which === 'all') {
    const { messages } = await bin.list({ limit: MOST_IDS })
    return { ids: messages.map(({ id }) => id), missing: [] }
  }
  const there = new Set((await bin.get(which)).map(({ id }) => id))
  return { ids: which.filter((id) => there.has(id)), missing: which.filter((id) => !there.has(id)) }
}
