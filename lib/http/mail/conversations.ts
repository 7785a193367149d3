import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Store } from '../../store/store'
import { type Uid, uid } from '../../terms/numbers'

/** Conversations of a mailbox, by the thread that the store gave each message at delivery. */
export interface Conversation {
  /** ascending */
  readonly uids: readonly Uid[]
  readonly unread: number
}

/** A thread of a message never changes, so it is asked for once. Bounded: the mailbox that was not used longest goes. */
export function createConversations(store: Store, most = 50) {
  const known = new Map<string, Map<number, string>>()

  async function threadsOf(mail: AccountMail, view: View): Promise<Map<number, string>> {
    const key = `${view.mailbox.id}.${view.mailbox.uidValidity}`
    const threads = known.get(key) ?? new Map<number, string>()
    known.delete(key)
    known.set(key, threads)
    for (const oldest of known.keys()) {
      if (known.size <= most) break
      known.delete(oldest)
    }
    const missing: Uid[] = []
    for (let seq = 1; seq <= view.exists; seq++) {
      const number = view.uidAt(seq)
      if (!threads.has(number)) missing.push(number)
    }
    for await (const rows of store.messages.keys(mail.id, view.mailbox.id, missing)) {
      for (const row of rows) threads.set(row.uid, row.threadId)
    }
    // What was expunged is forgotten once it is most of what is remembered.
    if (threads.size > 2 * view.exists + 1000) {
      for (const number of threads.keys()) if (view.seqOf(number) === undefined) threads.delete(number)
    }
    return threads
  }

  /** Newest first, by the newest message of each. @param seqs the messages to group, ascending */
  return async (mail: AccountMail, view: View, seqs: Iterable<number>): Promise<readonly Conversation[]> => {
    const threads = await threadsOf(mail, view)
    const groups = new Map<string, { uids: Uid[]; unread: number }>()
    for (const seq of seqs) {
      const number = view.uidAt(seq)
      const thread = threads.get(number) ?? String(number)
      const group = groups.get(thread) ?? { uids: [], unread: 0 }
      group.uids.push(uid(number))
      if (!view.flagsAt(seq).has('\\Seen')) group.unread++
      // Set anew, so that the order of the map is that of the newest message.
      groups.delete(thread)
      groups.set(thread, group)
    }
    return [...groups.values()].reverse()
  }
}
