import type { AccountMail, View } from '../../../mailbox/mailbox'
import { type SortKey, sortRows } from '../../../search/sort'
import type { Uid } from '../../../terms/numbers'
import { Refused } from '../../../web/kernel/faults'
import { turn } from '../../../work/turns'

/** How a list may be ordered; all but the first two look at each message. */
export const ORDERS = ['newest', 'oldest', 'from', 'subject', 'size'] as const
export type Order = (typeof ORDERS)[number]

/** Messages that are ordered by what is in them: their keys are read, and compared. */
const MOST_ORDERED = 20_000
const BY: Readonly<Record<'from' | 'subject' | 'size', { readonly by: SortKey; readonly reverse: boolean }>> = {
  from: { by: 'displayfrom', reverse: false },
  subject: { by: 'subject', reverse: false },
  size: { by: 'size', reverse: true },
}

/** A page of a list. @param seqs of the messages that are listed, ascending; undefined: all. Throws 422. */
export async function pageOf(
  mail: AccountMail,
  view: View,
  seqs: readonly number[] | undefined,
  { order, offset, limit }: { readonly order: Order; readonly offset: number; readonly limit: number },
): Promise<readonly Uid[]> {
  const total = seqs ? seqs.length : view.exists
  const uidAt = (index: number): Uid => view.uidAt(seqs ? (seqs[index] ?? 0) : index + 1)
  const page: Uid[] = []
  if (order === 'newest') {
    for (let at = total - offset - 1; at > Math.max(-1, total - offset - limit - 1); at--) page.push(uidAt(at))
    return page
  }
  if (order === 'oldest') {
    for (let at = offset; at < Math.min(total, offset + limit); at++) page.push(uidAt(at))
    return page
  }
  if (total > MOST_ORDERED) {
    throw new Refused(422, 'too-many', `More than ${MOST_ORDERED} messages are not ordered by ${order}: search first.`)
  }
  const sorted = await sortRows(await rowsOf(mail, view, total, uidAt), [BY[order]])
  return sorted.slice(offset, offset + limit).map(({ uid }) => uid)
}

async function rowsOf(mail: AccountMail, view: View, total: number, uidAt: (index: number) => Uid) {
  const uids = Array.from({ length: total }, (_, index) => uidAt(index))
  const rows = []
  for await (const batch of mail.keys(view, uids)) {
    await turn()
    for (const row of batch) {
      const { uid, keys } = row
      const seq = view.seqOf(uid)
      if (seq !== undefined) {
        rows.push({ uid, keys, size: view.sizeAt(seq), internalDate: view.internalDateAt(seq) })
      }
    }
  }
  return rows
}
