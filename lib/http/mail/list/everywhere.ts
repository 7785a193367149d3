import type { AccountMail, MailRoom, View } from '../../../mailbox/mailbox'
import { find } from '../../../mailbox/search/find'
import type { Mailbox } from '../../../mailbox/vocabulary'
import type { Part } from '../../../mime/prepared'
import type { SearchKey } from '../../../search/key'
import type { Uid } from '../../../terms/numbers'
import { sortInTurns } from '../../../work/sort'
import { withView } from '../access'
import { summariesOf } from './summaries'

/** Messages whose place is remembered: those of each mailbox that came in last. */
const MOST_PLACES = 20_000

interface Place {
  readonly mailbox: string
  readonly uid: Uid
  readonly date: number
}

/** What a search in all mailboxes asks with. */
export interface Everywhere {
  readonly room: MailRoom
  readonly mail: AccountMail
  readonly attachments: (structure: Part) => readonly string[]
  readonly key: SearchKey
  readonly now: number
}

/** What was deleted, and what nobody wanted, is found where it is asked for by name. */
const isAside = ({ specialUse }: Mailbox): boolean => specialUse.includes('\\Trash') || specialUse.includes('\\Junk')

/** The page of what is found in all mailboxes but Trash and Junk, the newest first. */
export async function findEverywhere(
  { room, mail, attachments, key, now }: Everywhere,
  { offset, limit }: { readonly offset: number; readonly limit: number },
) {
  const places: Place[] = []
  let total = 0
  for (const mailbox of (await mail.mailboxes()).filter((one) => !isAside(one))) {
    await withView(mail, mailbox.id, async (view: View) => {
      const seqs = await find({ room, mail, view, attachments }, key, now)
      total += seqs.length
      for (const seq of seqs.slice(-MOST_PLACES)) {
        places.push({ mailbox: mailbox.id, uid: view.uidAt(seq), date: view.internalDateAt(seq) })
      }
    })
  }
  const page = (await sortInTurns(places, (a, b) => b.date - a.date || b.uid - a.uid)).slice(offset, offset + limit)
  const found = new Map<string, Awaited<ReturnType<typeof summariesOf>>[number]>()
  for (const mailbox of new Set(page.map((place) => place.mailbox))) {
    const uids = page.filter((place) => place.mailbox === mailbox).map(({ uid }) => uid)
    for (const summary of await withView(mail, mailbox, (view) => summariesOf(mail, view, uids))) {
      found.set(`${mailbox} ${summary.uid}`, summary)
    }
  }
  return { total, messages: page.flatMap(({ mailbox, uid }) => found.get(`${mailbox} ${uid}`) ?? []) }
}
