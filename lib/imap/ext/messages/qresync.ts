import type { Update } from '../../../mailbox/mailbox'
import { modSeq } from '../../../terms/numbers'
import { firstAtOrAfter, messagesOf } from '../../base/messages/numbers'
import { afterLogin, type Extension } from '../../kernel/extension'
import { fetchResponse } from '../../kernel/flags'
import type { Session } from '../../kernel/session'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { code, list, untagged } from '../../wire/response'
import { compact, inRanges, merged, type Range, ranges, rangesText, type SeqRange } from '../../wire/sequence-set'

/** QRESYNC (RFC 7162 3.2): VANISHED in place of EXPUNGE, and what a client has missed. */

function needsEnable(cursor: Cursor, { modes }: Session): void {
  if (!modes.qresync) cursor.fail('ENABLE QRESYNC first')
}

/** known-uids and the sets of seq-match-data (RFC 7162 7): without `*` */
function knownSet(cursor: Cursor): readonly SeqRange[] {
  const set = cursor.sequenceRanges()
  return set.some((range) => range.includes('*')) ? cursor.fail('a set without *') : set
}

interface Match {
  readonly seqs: readonly SeqRange[]
  readonly uids: readonly SeqRange[]
}

function* numbersOf(set: readonly SeqRange[]): Generator<number> {
  for (const [low, high] of ranges(set, 0)) for (let number = low; number <= high; number++) yield number
}

/** RFC 7162 3.2.5.2: up to this UID the client knows of every expunge. It ends at the first pair that is not so. */
function matchedUid({ view }: Selected, { seqs, uids }: Match): number {
  let highest = 0
  const others = numbersOf(uids)
  for (const seq of numbersOf(seqs)) {
    const { value: uid = 0 } = others.next()
    if (seq > view.exists || view.uidAt(seq) !== uid) break
    highest = uid
  }
  return highest
}

/** What is not in the mailbox, of ascending ranges: for a client whose last visit is too long ago (RFC 7162 3.2.6). */
function gaps({ view }: Selected, ranges: readonly Range[]): Range[] {
  const missing: Range[] = []
  for (const [low, high] of ranges) {
    let from = low
    for (let seq = firstAtOrAfter(view, low); seq <= view.exists && view.uidAt(seq) <= high; seq++) {
      const here = view.uidAt(seq)
      if (here > from) missing.push([from, here - 1])
      from = here + 1
    }
    if (from <= high) missing.push([from, high])
  }
  return missing
}

/** The highest UID that there ever was: `*` reaches so far where expunged messages are asked for. */
const lastUid = ({ view }: Selected): number =>
  Math.max(view.mailbox.uidNext - 1, view.exists > 0 ? view.uidAt(view.exists) : 0)

/**
 * `* VANISHED (EARLIER)`: what was expunged of these UIDs since. Messages that this client still counts are told by VANISHED
 * without EARLIER (RFC 7162 3.2.10).
 * @param match what the client says of its numbering: only needed when the store does not know (RFC 7162 3.2.5.2)
 */
async function sayVanished(
  session: Session,
  state: Selected,
  asked: readonly Range[],
  since: number,
  match: Match | undefined,
): Promise<void> {
  const { view, mail } = state
  const last = lastUid(state)
  const within = (from: number): Range[] =>
    merged(asked.map(([low, high]) => [Math.max(low, from), Math.min(high, last)] as const)).filter(
      ([low, high]) => low <= high,
    )
  const expunged = await mail.expungedSince(view, modSeq(since))
  const askedUids = within(1)
  const text = expunged
    ? compact(expunged.filter((uid) => inRanges(askedUids, uid) && view.seqOf(uid) === undefined))
    : rangesText(gaps(state, within(match ? matchedUid(state, match) + 1 : 1)))
  if (text !== '') session.say(untagged('VANISHED', list(['EARLIER']), text))
}

async function sayFlags(
  session: Session,
  state: Selected,
  knownUids: readonly SeqRange[],
  since: number,
): Promise<void> {
  const { view } = state
  const told = view.toldSince(since)
  for (const seq of messagesOf(state, knownUids, 'uid')) {
    if (view.modSeqAt(seq) <= told) continue
    const message = { uid: view.uidAt(seq), withUid: true, flags: view.flagsAt(seq), recent: view.isRecent(seq) }
    session.say(fetchResponse(session, seq, { ...message, modSeq: view.modSeqAt(seq) }))
    if (session.connection.writer.full && !(await session.connection.writer.drained())) return
  }
}

/** Says VANISHED in place of EXPUNGE (RFC 7162 3.2.10). @returns what is left to say */
export function vanished(session: Session, updates: readonly Update[]): readonly Update[] {
  const uids = updates.flatMap((update) => (update.kind === 'expunge' ? [update.uid] : []))
  if (uids.length === 0) return updates
  session.say(untagged('VANISHED', compact(uids.sort((a, b) => a - b))))
  return updates.filter(({ kind }) => kind !== 'expunge')
}

export const qresync: Extension = {
  capabilities: afterLogin('QRESYNC'),
  enable: [
    {
      word: 'QRESYNC',
      turnOn: (session) => {
        session.enableCondstore()
        session.modes.qresync = true
      },
    },
  ],
  news: {
    // RFC 7162 3.2.10: never EXPUNGE again after ENABLE QRESYNC
    take: (session, updates) => (session.modes.qresync ? vanished(session, updates) : updates),
    // RFC 7162 3.2: how far a client has heard of everything, after it heard of expunged messages and while it must not.
    said: ({ modes }, { view }, updates) => {
      const due = modes.qresync && (view.holdsExpunges || updates.some(({ kind }) => kind === 'expunge'))
      return due ? code('HIGHESTMODSEQ', view.highestModSeq) : undefined
    },
  },
  select: [
    {
      // RFC 7162 3.2.5: (uidvalidity modseq [known-uids] [(known-sequence-set known-uid-set)])
      name: 'QRESYNC',
      read: (cursor, session) => {
        needsEnable(cursor, session)
        cursor.expect(' (')
        const uidValidity = cursor.nzNumber()
        cursor.space()
        const since = cursor.number64()
        const knownUids = !cursor.peek(' (') && cursor.try(' ') ? knownSet(cursor) : undefined
        let match: Match | undefined
        if (cursor.try(' (')) {
          // RFC 9586 3.7
          if (session.modes.uidonly) cursor.fail('no message numbers after ENABLE UIDONLY', 'UIDREQUIRED')
          const seqs = knownSet(cursor)
          cursor.space()
          match = { seqs, uids: knownSet(cursor) }
          cursor.expect(')')
        }
        cursor.expect(')')
        return async (_session, state) => {
          // Another mailbox of the same name: nothing that the client knows is true any more.
          if (state.view.mailbox.uidValidity !== uidValidity) return
          const set = knownUids ?? [[1, '*'] as const]
          await sayVanished(session, state, ranges(knownUids ?? [[1, state.view.mailbox.uidNext]], 0), since, match)
          await sayFlags(session, state, set, since)
        }
      },
    },
  ],
  fetchModifiers: [
    {
      name: 'VANISHED',
      read: (cursor, session, by, modifiers) => {
        if (by === 'seq') cursor.fail('UID FETCH for VANISHED')
        needsEnable(cursor, session)
        modifiers.before = (state, set, since) => {
          // `$` has lost what was expunged already.
          if (set === '$') return undefined
          return sayVanished(session, state, ranges(set, lastUid(state)), since, undefined)
        }
      },
    },
  ],
}
