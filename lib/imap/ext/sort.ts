import { byReferences } from '../../search/references'
import { SORT_KEYS, type SortCriterion, sortRows } from '../../search/sort'
import { orderedSubject, threadText } from '../../search/thread'
import type { KeyRow } from '../../store/store'
import { search } from '../base/find'
import { uidsOf } from '../base/numbers'
import {
  badCharset,
  esearchLine,
  highestModSeq,
  modSeqText,
  program,
  returnOptions,
  type SearchArguments,
} from '../base/search'
import { type Command, defineCommand } from '../command'
import type { Extension } from '../extension'
import { done } from '../faults'
import type { Session, State } from '../session'
import type { Cursor } from '../wire/cursor'

/** SORT and THREAD (RFC 5256), SORT=DISPLAY (RFC 5957), ESORT (RFC 5267 3). */
type Selected = Extract<State, { name: 'selected' }>

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

/** What was found, in order of sequence number, and the number that the client sees of each. */
async function found(session: Session, state: Selected, key: NonNullable<SearchArguments['key']>, by: By) {
  const { view, mail } = state
  const seqs = await search(session, state, key)
  const rows: KeyRow[] = []
  for await (const some of session.ports.room.store.messages.keys(mail.id, view.mailbox.id, uidsOf(view, seqs))) {
    rows.push(...some)
  }
  const numberOf = ({ uid }: KeyRow): number => (by === 'uid' ? uid : (view.seqOf(uid) ?? 0))
  return { rows, numberOf }
}

const sorting = (by: By): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID SORT' : 'SORT',
    rfc: 'RFC 5256 3',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    uid: by === 'uid',
    parse: (cursor, session) => {
      cursor.space()
      const returns = returnOptions(cursor)
      const order = criteria(cursor)
      cursor.space()
      return { returns, order, ...program(cursor, session, true) }
    },
    run: async ({ session, state, tag }, { returns, order, key, usesModSeq }) => {
      if (!key) return badCharset()
      if (usesModSeq) session.modes.condstore = true
      const { rows, numberOf } = await found(session, state, key, by)
      const sorted = sortRows(rows, order)
      const numbers = sorted.map(numberOf)
      const { view } = state
      const seqs = sorted.flatMap(({ uid }) => view.seqOf(uid) ?? [])
      // RFC 7162 3.1.9 and 3.1.10
      const highest = usesModSeq ? highestModSeq(view, seqs, returns) : undefined
      session.say(
        returns
          ? esearchLine(tag, by, numbers, returns, highest)
          : `* SORT${numbers.map((number) => ` ${number}`).join('')}${modSeqText(highest)}`,
      )
      return done('SORT completed')
    },
  })

const threading = (by: By): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID THREAD' : 'THREAD',
    rfc: 'RFC 5256 3',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    uid: by === 'uid',
    parse: (cursor, session) => {
      cursor.space()
      const algorithm = cursor.keyword()
      if (algorithm !== 'REFERENCES' && algorithm !== 'ORDEREDSUBJECT') cursor.fail('REFERENCES or ORDEREDSUBJECT')
      cursor.space()
      return { algorithm, ...program(cursor, session, true) }
    },
    run: async ({ session, state }, { algorithm, key }) => {
      if (!key) return badCharset()
      const { rows, numberOf } = await found(session, state, key, by)
      const threads = algorithm === 'REFERENCES' ? byReferences(rows) : orderedSubject(rows)
      session.say(`* THREAD ${threadText(threads, numberOf)}`.trimEnd())
      return done('THREAD completed')
    },
  })

export const sort: Extension = {
  rfc: 'RFC 5256',
  commands: [sorting('seq'), sorting('uid'), threading('seq'), threading('uid')],
  capabilities: ({ state }) =>
    state.name === 'not-authenticated'
      ? []
      : ['SORT', 'SORT=DISPLAY', 'ESORT', 'THREAD=REFERENCES', 'THREAD=ORDEREDSUBJECT'],
}
