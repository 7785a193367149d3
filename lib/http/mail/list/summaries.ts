import type { AccountMail, View } from '../../../mailbox/mailbox'
import type { Uid } from '../../../terms/numbers'
import { turn } from '../../../work/turns'
import { rowsOf } from '../access'
import { summaryOf } from './summary'

/** rows in memory: an envelope may have 1 MB */
const AT_ONCE = 20

/** In the order of the UIDs; those that are gone are left out. */
export async function summariesOf(mail: AccountMail, view: View, uids: readonly Uid[]) {
  const byUid = new Map<Uid, ReturnType<typeof summaryOf>>()
  const ascending = [...uids].sort((a, b) => a - b)
  for (let at = 0; at < ascending.length; at += AT_ONCE) {
    for (const row of await rowsOf(mail, view, ascending.slice(at, at + AT_ONCE))) {
      await turn()
      byUid.set(row.uid, summaryOf(row, view.mailbox.id))
    }
  }
  return uids.flatMap((uid) => byUid.get(uid) ?? [])
}
