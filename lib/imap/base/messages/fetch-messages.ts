import { turn } from '../../../work/turns'
import type { Session } from '../../kernel/session'
import type { FetchItem } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import { flagsItem, modSeqFetch } from './fetch-items'
import { NO_ROWS, rowsOf, writeMessage } from './fetch-message'

/** Messages whose records are read ahead of the client. */
const BATCH = 100
/** messages that need nothing but memory, between two looks at the clock */
const LOOK = 16

/** What became of messages whose items were to be written; `left`: the client is gone. */
interface Told {
  readonly gone: number
  readonly unknown: boolean
  readonly left: boolean
}

/**
 * Writes a FETCH response of each message, as fast as the client reads.
 * @param changed messages that tell their flags too
 */
export async function writeMessages(
  session: Session,
  state: Selected,
  seqs: readonly number[],
  items: readonly FetchItem[],
  changed: ReadonlySet<number> = new Set(),
): Promise<Told> {
  const { view, mail } = state
  const { writer } = session.connection
  const needsRow = items.some(({ needs }) => needs === 'row')
  const asked = items.map((item) => ({
    item,
    texts: item.keep === undefined ? undefined : session.ports.room.texts(`${view.mailbox.id} ${item.keep}`),
  }))
  // RFC 7162 3.2: changed flags go with their mod-sequence to a client that knows them.
  const ofChanged = session.modes.condstore ? [flagsItem, modSeqFetch] : [flagsItem]
  const added = ofChanged.filter((item) => !items.includes(item)).map((item) => ({ item, texts: undefined }))
  const askedOfChanged = [...asked, ...added]
  let gone = 0
  let unknown = false
  let written = 0
  for (let start = 0, step = 0; start < seqs.length; start += step) {
    const batch = seqs.slice(start, start + BATCH)
    const { rows, enoughFor } = needsRow
      ? await rowsOf(state, batch, asked)
      : { rows: NO_ROWS, enoughFor: batch.length }
    step = Math.max(1, enoughFor)
    for (const seq of batch.slice(0, step)) {
      if (needsRow && view.isGone(seq)) {
        gone++
        continue
      }
      const uid = view.uidAt(seq)
      const writing = writeMessage(
        { session, mail, view, seq, uid, row: rows.get(uid) },
        changed.has(seq) ? askedOfChanged : asked,
      )
      const outcome = writing instanceof Promise ? await writing : writing
      if (outcome === 'gone') gone++
      if (outcome === 'unknown-cte') unknown = true
      if (writer.full && !(await writer.drained())) return { gone, unknown, left: true }
      // A client that reads as fast as we write must not keep the others waiting.
      const wait = writing instanceof Promise || ++written % LOOK === 0 ? turn() : undefined
      if (wait !== undefined) await wait
    }
  }
  return { gone, unknown, left: false }
}
