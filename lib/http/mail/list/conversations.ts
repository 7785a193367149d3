import type { AccountMail, View } from '../../../mailbox/mailbox'
import type { Uid } from '../../../terms/numbers'

/** Conversations of a mailbox, by the thread that the store gave each message at delivery. */
export interface Conversation {
  /** ascending */
  readonly uids: readonly Uid[]
  readonly unread: number
}

/** What is remembered of a mailbox. */
interface Remembered {
  readonly threads: Map<number, string>
  /** of the whole mailbox, as it was at this mod-sequence: pages of one list are asked for one after another */
  whole?: { readonly modSeq: number; readonly exists: number; readonly conversations: readonly Conversation[] }
}

/** A thread of a message never changes, so it is asked for once. Bounded: the mailbox that was not used longest goes. */
export function createConversations(most = 50) {
  const remembered = new Map<string, Remembered>()

  async function rememberedOf(mail: AccountMail, view: View): Promise<Remembered> {
    const key = `${view.mailbox.id}.${view.mailbox.uidValidity}`
    const entry: Remembered = remembered.get(key) ?? { threads: new Map() }
    const { threads } = entry
    remembered.delete(key)
    remembered.set(key, entry)
    if (entry.whole?.modSeq === view.highestModSeq && entry.whole.exists === view.exists) return entry
    for (const oldest of remembered.keys()) {
      if (remembered.size <= most) break
      remembered.delete(oldest)
    }
    const missing: Uid[] = []
    for (let seq = 1; seq <= view.exists; seq++) {
      const uid = view.uidAt(seq)
      if (!threads.has(uid)) missing.push(uid)
    }
    for await (const rows of mail.keys(view, missing)) {
      for (const row of rows) threads.set(row.uid, row.threadId)
    }
    // What was expunged is forgotten once it is most of what is remembered.
    if (threads.size > 2 * view.exists + 1000) {
      for (const uid of threads.keys()) if (view.seqOf(uid) === undefined) threads.delete(uid)
    }
    return entry
  }

  function group(view: View, threads: ReadonlyMap<number, string>, seqs: Iterable<number>): readonly Conversation[] {
    const groups = new Map<string, { uids: Uid[]; unread: number }>()
    for (const seq of seqs) {
      const uid = view.uidAt(seq)
      const thread = threads.get(uid) ?? String(uid)
      const group = groups.get(thread) ?? { uids: [], unread: 0 }
      group.uids.push(uid)
      if (!view.flagsAt(seq).has('\\Seen')) group.unread++
      // Set anew, so that the order of the map is that of the newest message.
      groups.delete(thread)
      groups.set(thread, group)
    }
    return [...groups.values()].reverse()
  }

  /** Newest first, by the newest message of each. @param seqs the messages to group, ascending; undefined: all */
  return async (mail: AccountMail, view: View, seqs?: readonly number[]): Promise<readonly Conversation[]> => {
    const entry = await rememberedOf(mail, view)
    if (seqs) return group(view, entry.threads, seqs)
    const { highestModSeq: modSeq, exists } = view
    if (entry.whole?.modSeq !== modSeq || entry.whole.exists !== exists) {
      entry.whole = { modSeq, exists, conversations: group(view, entry.threads, countTo(exists)) }
    }
    return entry.whole.conversations
  }
}

function* countTo(last: number): Generator<number> {
  for (let seq = 1; seq <= last; seq++) yield seq
}
