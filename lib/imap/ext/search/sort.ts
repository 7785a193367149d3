import { byReferences } from '../../../search/references'
import { MOST_RELEVANT } from '../../../search/relevance'
import {
  SORT_KEYS,
  type SortCriterion,
  type SortKey,
  type SortKeys,
  type SortRow,
  sortRows,
} from '../../../search/sort'
import { orderedSubject, type ThreadKeys, type ThreadRow, threadText } from '../../../search/thread'
import { fold } from '../../../terms/casemap'
import type { Uid } from '../../../terms/numbers'
import { turn } from '../../../work/turns'
import { tooMany } from '../../base/messages/limit'
import { uidsOf } from '../../base/messages/numbers'
import { search, searchAmong } from '../../base/search/find'
import { expungesOf, program, ready, type SearchArguments } from '../../base/search/search'
import { begin, returnOptions, sayFound, tellsScores } from '../../base/search/search-return'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { untagged } from '../../wire/response'

/** SORT and THREAD (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267 3). */
type By = 'seq' | 'uid'

function criteria(cursor: Cursor): SortCriterion[] {
  return cursor.list(() => {
    const word = cursor.keyword()
    const reverse = word === 'REVERSE'
    if (reverse) cursor.space()
    const name = (reverse ? cursor.keyword() : word).toLowerCase()
    return { by: SORT_KEYS.find((key) => key === name) ?? cursor.fail('a sort key'), reverse }
  })
}

interface ThreadingRow extends ThreadRow {
  readonly uid: Uid
}
const threadKeys = ({ sentAt, isReply, baseSubject, messageId, inReplyTo, references }: ThreadKeys): ThreadKeys => ({
  sentAt,
  isReply,
  // RFC 5256 5 and RFC 5255 4.2: what is one subject is for the collation to say.
  baseSubject: fold(short(baseSubject)),
  messageId: short(messageId),
  inReplyTo: short(inReplyTo),
  references: references.map(short),
})

/** What was found, in order of sequence number, and the number that the client sees of each; undefined: it is too much. */
async function found(session: Session, state: Selected, key: NonNullable<SearchArguments['key']>, by: By, tag: string) {
  const { view, mail } = state
  const { seqs, code } = await search(session, state, key, tag)
  const rows: ThreadingRow[] = []
  if (code !== undefined) return undefined
  for await (const batch of mail.keys(view, uidsOf(view, seqs))) {
    for (const { uid, internalDate, keys } of batch) rows.push({ uid, internalDate, keys: threadKeys(keys) })
  }
  const numberOf = ({ uid }: ThreadingRow): number => (by === 'uid' ? uid : (view.seqOf(uid) ?? 0))
  return { rows, numberOf }
}

/** Characters of a text that decide the order, and the longest message id: of thousands of messages all are in memory. */
const MOST_TEXT = 1000
/** A copy: a slice would keep the whole text. */
const short = (text: string): string =>
  text.length <= MOST_TEXT ? text : Buffer.from(text.slice(0, MOST_TEXT), 'utf16le').toString('utf16le')

const NO_KEYS: SortKeys = {
  sentAt: undefined,
  baseSubject: '',
  sortFrom: '',
  sortTo: '',
  sortCc: '',
  displayFrom: '',
  displayTo: '',
}
/** Where the order is read; arrival and size are in the index. */
const KEY_OF: Readonly<Record<SortKey, keyof SortKeys | undefined>> = {
  arrival: undefined,
  relevancy: undefined,
  size: undefined,
  date: 'sentAt',
  subject: 'baseSubject',
  from: 'sortFrom',
  to: 'sortTo',
  cc: 'sortCc',
  displayfrom: 'displayFrom',
  displayto: 'displayTo',
}

/** What the order needs of each message (RFC 5256 8: texts by i;unicode-casemap), and no more: a mailbox may have a million. */
async function* rowsFor(
  { view, mail }: Selected,
  seqs: readonly number[],
  order: SortCriterion[],
  scores: ReadonlyMap<number, number> | undefined,
) {
  const needed = order.flatMap(({ by }) => KEY_OF[by] ?? [])
  const row = (seq: number, keys: SortKeys) => ({
    seq,
    internalDate: view.internalDateAt(seq),
    size: view.sizeAt(seq),
    relevance: scores?.get(seq) ?? MOST_RELEVANT,
    keys,
  })
  if (needed.length === 0) {
    for (const seq of seqs) {
      await turn()
      yield row(seq, NO_KEYS)
    }
    return
  }
  for await (const batch of mail.keys(view, uidsOf(view, seqs))) {
    for (const { uid, keys } of batch) {
      const seq = view.seqOf(uid)
      const kept = Object.fromEntries(
        needed.map((name) => [name, name === 'sentAt' ? keys.sentAt : fold(short(keys[name]))]),
      )
      if (seq !== undefined) yield row(seq, { ...NO_KEYS, ...kept })
    }
  }
}

async function sorted(
  state: Selected,
  seqs: readonly number[],
  order: SortCriterion[],
  scores: ReadonlyMap<number, number> | undefined,
): Promise<number[]> {
  const rows: (SortRow & { readonly seq: number })[] = []
  for await (const row of rowsFor(state, seqs, order, scores)) rows.push(row)
  return (await sortRows(rows, order)).map(({ seq }) => seq)
}

const sorting = (by: By): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID SORT' : 'SORT',
    rfc: 'RFC 5256 3',
    states: ['selected'],
    expunges: expungesOf(by),
    by,
    parse: (cursor, session, slots) => {
      cursor.space()
      const returns = returnOptions(cursor, slots)
      const order = criteria(cursor)
      cursor.space()
      const found = program(cursor, session, slots, true)
      // RFC 6203 4 and 6
      const isScored = tellsScores(returns) || order.some(({ by: key }) => key === 'relevancy')
      if (isScored && !found.isFuzzy) cursor.fail('FUZZY for RELEVANCY')
      return { returns, order, isScored, ...found }
    },
    run: async ({ session, state, tag }, args) => {
      const { returns, order, isScored } = args
      const ordered = await ready(args, state, returns)
      if (ordered.refused) return ordered.refused
      const { key, usesModSeq } = ordered
      const begun = begin(session, state, tag, returns)
      if (typeof begun !== 'function') return begun
      const scores = isScored ? new Map<number, number>() : undefined
      const { seqs: unsorted, code } = await search(session, state, key, tag, scores)
      // RFC 9738 3.1: a part of them in order would be no answer.
      if (code !== undefined) {
        if (returns?.save) state.saved = []
        return tooMany(session.ports.settings.messageLimit)
      }
      const seqs = await sorted(state, unsorted, order, scores)
      // RFC 7162 3.1.9 and 3.1.10
      sayFound(session, state, { tag, by, seqs, scores, returns, usesModSeq, plain: 'SORT' })
      const sortAgain = async (some: readonly number[]): Promise<readonly number[]> => {
        const anew = isScored ? new Map<number, number>() : undefined
        if (anew) await searchAmong(session, state, key, some, anew)
        return sorted(state, some, order, anew)
      }
      await begun({ by, key, seqs, isWhole: true, sort: sortAgain })
      return done('SORT completed')
    },
  })

const threading = (by: By): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID THREAD' : 'THREAD',
    rfc: 'RFC 5256 3',
    states: ['selected'],
    expunges: expungesOf(by),
    by,
    parse: (cursor, session, slots) => {
      cursor.space()
      const algorithm = cursor.keyword()
      if (algorithm !== 'REFERENCES' && algorithm !== 'ORDEREDSUBJECT') cursor.fail('REFERENCES or ORDEREDSUBJECT')
      cursor.space()
      return { algorithm, ...program(cursor, session, slots, true) }
    },
    run: async ({ session, state, tag }, args) => {
      const { algorithm } = args
      const threaded = await ready(args, state, undefined)
      if (threaded.refused) return threaded.refused
      const { key, usesModSeq } = threaded
      if (usesModSeq) session.enableCondstore()
      const all = await found(session, state, key, by, tag)
      if (!all) return tooMany(session.ports.settings.messageLimit)
      const { rows, numberOf } = all
      const threads = await (algorithm === 'REFERENCES' ? byReferences(rows) : orderedSubject(rows))
      session.say(untagged('THREAD', await threadText(threads, numberOf)).trimEnd())
      return done('THREAD completed')
    },
  })

export const sort: Extension = {
  rfcs: {
    5256: { title: 'IMAP SORT and THREAD' },
    5957: { title: 'IMAP SORT=DISPLAY' },
  },
  commands: [sorting('seq'), sorting('uid'), threading('seq'), threading('uid')],
  // RFC 5255 4.3: SEARCH, SORT and THREAD compare by i;unicode-casemap, always; level 2 is where one chooses.
  capabilities: afterLogin(
    'SORT',
    'SORT=DISPLAY',
    'ESORT',
    'THREAD=REFERENCES',
    'THREAD=ORDEREDSUBJECT',
    'I18NLEVEL=1',
  ),
}
