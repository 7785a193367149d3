import type { View } from '../../../mailbox/mailbox'
import { type Uid, uid } from '../../../terms/numbers'
import type { Selected } from '../../kernel/state'
import { BadSyntax } from '../../wire/cursor'
import { merged, ranges, type SequenceSet, sequenceNumbers } from '../../wire/sequence-set'

/**
 * The messages that a set names, as ascending sequence numbers of the window. UIDs that do not exist are passed over
 * (RFC 9051 6.4.9); a sequence number that does not exist is a mistake of the client (BAD).
 */
export function messagesOf({ view, saved }: Selected, set: SequenceSet, by: 'seq' | 'uid'): number[] {
  // RFC 5182 2.1: what was expunged since is out of it.
  if (set === '$') return saved.flatMap((uid) => view.seqOf(uid) ?? [])
  if (by === 'seq') {
    const numbers = sequenceNumbers(set, view.exists)
    if (!numbers) throw new BadSyntax('message numbers of this mailbox')
    return numbers
  }
  const seqs: number[] = []
  const highest = view.exists > 0 ? view.uidAt(view.exists) : 0
  for (const [low, high] of merged(ranges(set, highest))) {
    const end = firstAtOrAfter(view, high + 1)
    for (let seq = firstAtOrAfter(view, low); seq < end; seq++) seqs.push(seq)
  }
  return seqs
}

/** Binary search: the first sequence number whose UID is not below. */
export function firstAtOrAfter(view: View, lowest: number): number {
  let low = 1
  let high = view.exists + 1
  while (low < high) {
    const middle = (low + high) >>> 1
    if (view.uidAt(middle) < lowest) low = middle + 1
    else high = middle
  }
  return low
}

export const uidsOf = (view: View, seqs: readonly number[]): Uid[] => seqs.map((seq) => uid(view.uidAt(seq)))
