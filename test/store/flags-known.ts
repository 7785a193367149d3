import { named } from '../../lib/store/conformance/fixtures'
import { toldSince } from '../../lib/store/gaps'
import type { Store } from '../../lib/store/store'
import type { AccountId } from '../../lib/terms/names'
import { modSeq } from '../../lib/terms/numbers'

export const NAME = 'flags@example.org'

/** What a client was told: all of INBOX at a mod-sequence. */
export interface Known {
  readonly modSeq: number
  readonly uidNext: number
  readonly flags: readonly (readonly [uid: number, flags: string])[]
}

export async function knownOf(store: Store, id: AccountId): Promise<Known> {
  const { id: inbox } = await named(store, id, 'INBOX')
  const snapshot = await store.messages.snapshot(id, inbox)
  if (!snapshot) throw new Error('there is no INBOX')
  const { mailbox, uids, flags, flagSets } = snapshot
  const each = Array.from(uids, (one, at) => [one, flagSets[flags[at] ?? 0]?.wire ?? ''] as const)
  return { modSeq: mailbox.highestModSeq, uidNext: mailbox.uidNext, flags: each }
}

/** What is wrong when that client comes back with what it knows (RFC 7162 3.2.5); undefined: it then knows what is there. */
export async function comingBack(store: Store, id: AccountId, known: Known): Promise<string | undefined> {
  const { id: inbox, gaps, highestModSeq, uidNext } = await named(store, id, 'INBOX')
  if (known.modSeq > highestModSeq) return `${known.modSeq} was told, the highest is ${highestModSeq}`
  if (known.uidNext > uidNext) return `UIDNEXT ${known.uidNext} was told, it is ${uidNext}`
  const snapshot = await store.messages.snapshot(id, inbox)
  const now = await knownOf(store, id)
  const truth = new Map(now.flags)
  const mine = new Map(known.flags)
  const gone = await store.messages.expungedSince(id, inbox, modSeq(known.modSeq))
  for (const uid of gone ?? [...mine.keys()].filter((one) => !truth.has(one))) mine.delete(uid)
  const told = toldSince(gaps, known.modSeq)
  for (const [at, [uid, flags]] of now.flags.entries()) {
    if ((snapshot?.modSeqs[at] ?? 0) > told) mine.set(uid, flags)
  }
  const [wanted, is] = [now.flags, [...mine].sort((a, b) => a[0] - b[0])].map((list) => JSON.stringify(list))
  return is === wanted ? undefined : `with ${known.modSeq} it knows ${is}, there is ${wanted}`
}
