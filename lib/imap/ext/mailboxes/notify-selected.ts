import type { View } from '../../../mailbox/mailbox'
import { turn } from '../../../work/turns'
import { modSeqFetch, uidItem } from '../../base/messages/fetch-items'
import { writeMessages } from '../../base/messages/fetch-messages'
import { fetchResponse } from '../../kernel/flags'
import type { Session } from '../../kernel/session'
import type { FetchItem, NewsSlot } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import { watchOf } from './notify-watch'

/**
 * News of the selected mailbox after NOTIFY. What a client did not ask for is not read from the view: its numbers stay, and a
 * later NOTIFY SET tells everything (RFC 5465 3.1).
 */
interface Window {
  readonly view: View
  /** messages that the client knew when the view was asked */
  before: number
  /** NOTIFY SET is running: it tells everything, as NOOP would */
  catchingUp: boolean
  /** flags with this mod-sequence, or a later one, were not told */
  flagsFrom: number | undefined
}

const windows = new WeakMap<Session, Window>()

function windowOf(session: Session, view: View): Window {
  const known = windows.get(session)
  if (known?.view === view) return known
  const made = { view, before: view.exists, catchingUp: false, flagsFrom: undefined }
  windows.set(session, made)
  return made
}

/** RFC 5465 3.1: the news of the mailbox, whatever was asked for, come with this command. */
export function catchUp(session: Session): void {
  const { state } = session
  if (state.name === 'selected') windowOf(session, state.view).catchingUp = true
}

/** messages between two looks at the clock */
const LOOK = 1000

async function sayFlagsFrom(session: Session, { view }: Selected, from: number): Promise<void> {
  const { writer } = session.connection
  for (let seq = 1; seq <= view.exists; seq++) {
    if (seq % LOOK === 0) await turn()
    const modSeq = view.modSeqAt(seq)
    if (modSeq < from) continue
    const message = { uid: view.uidAt(seq), withUid: true, flags: view.flagsAt(seq), recent: view.isRecent(seq) }
    session.say(fetchResponse(session, seq, { ...message, modSeq }))
    if (writer.full && !(await writer.drained())) return
  }
}

/** RFC 7162 3.2.4 and 3.1: where mod-sequences are known they are in each FETCH, with the UID. */
const itemsFor = ({ modes }: Session, items: readonly FetchItem[]): readonly FetchItem[] => [
  ...new Set([
    ...((modes.condstore || modes.rev2) && !modes.uidonly ? [uidItem] : []),
    ...items,
    ...(modes.condstore ? [modSeqFetch] : []),
  ]),
]

export const selectedNews: NewsSlot = {
  between: (session) => watchOf(session)?.set.selected !== undefined,
  allow: (session, { view, mail }, moment) => {
    const watch = watchOf(session)
    if (!watch) return moment
    const window = windowOf(session, view)
    window.before = view.exists
    // Which commits in a mailbox of another account are this client's is not told: it hears of all.
    if (window.catchingUp || view.account !== mail.id) return moment
    const { selected } = watch.set
    // RFC 5465 3.1: nothing, but what its own commands did
    if (!selected) return watch.ownCommits(view.mailbox.id).size > 0 ? moment : undefined
    return selected.delayed && moment.when === 'between' ? { ...moment, expunges: 'hold' } : moment
  },
  take: (session, updates) => {
    const watch = watchOf(session)
    const window = windows.get(session)
    if (!watch?.set.selected || watch.set.selected.flags || !window || window.catchingUp) return updates
    if (watch.ownCommits(window.view.mailbox.id).size > 0) return updates
    for (const update of updates)
      if (update.kind === 'flags') window.flagsFrom = Math.min(window.flagsFrom ?? update.modSeq, update.modSeq)
    return updates.filter(({ kind }) => kind !== 'flags')
  },
  said: async (session, state, updates) => {
    const watch = watchOf(session)
    if (!watch) return undefined
    const { view } = state
    const window = windowOf(session, view)
    const own = watch.ownCommits(view.mailbox.id)
    watch.forgetOwn()
    if (window.catchingUp) {
      window.catchingUp = false
      if (window.flagsFrom !== undefined) await sayFlagsFrom(session, state, window.flagsFrom)
      window.flagsFrom = undefined
      return undefined
    }
    const items = watch.set.selected?.items ?? []
    if (items.length === 0 || !updates.some(({ kind }) => kind === 'exists')) return undefined
    const first = window.before - updates.filter(({ kind }) => kind === 'expunge').length + 1
    const seqs: number[] = []
    // RFC 5465 5.2: not of what this client appended or copied
    for (let seq = first; seq <= view.exists; seq++) if (!own.has(view.modSeqAt(seq))) seqs.push(seq)
    const before = session.connection.writer.written
    await writeMessages(session, state, seqs, itemsFor(session, items))
    session.counts.fetched += session.connection.writer.written - before
    return undefined
  },
}
