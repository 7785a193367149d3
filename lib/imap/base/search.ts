import type { View } from '../../mailbox/mailbox'
import { decodeText, knownCharset } from '../../mime/charset'
import { isBounded, type SearchKey } from '../../search/key'
import { type Command, defineCommand } from '../command'
import { done, no, type Reply } from '../faults'
import type { Session } from '../session'
import type { Cursor } from '../wire/cursor'
import { compact } from '../wire/sequence-set'
import { search } from './find'
import { searchKey } from './search-keys'

export interface SearchArguments {
  readonly returns: readonly string[] | undefined
  readonly key: SearchKey | undefined
  readonly charset: string
  readonly usesModSeq: boolean
}

/** search-program: `[CHARSET x] key key ...` */
export function program(cursor: Cursor, session: Session, charsetFirst: boolean): Omit<SearchArguments, 'returns'> {
  let charset = 'UTF-8'
  if (charsetFirst) {
    charset = cursor.astring().toString('latin1')
    cursor.space()
  } else if (cursor.tryWord('CHARSET')) {
    cursor.space()
    charset = cursor.astring().toString('latin1')
    cursor.space()
  }
  const known = knownCharset(charset)
  const slots = session.extensions.flatMap((extension) => extension.search ?? [])
  const context = {
    session,
    slots,
    count: 0,
    decode: (octets: Buffer) => decodeText(octets, known ? charset : 'utf-8'),
  }
  const keys: SearchKey[] = [searchKey(cursor, context)]
  while (cursor.try(' ')) keys.push(searchKey(cursor, context))
  const key: SearchKey = keys.length === 1 && keys[0] ? keys[0] : { kind: 'and', keys }
  if (!isBounded(key)) cursor.fail('a simpler search')
  return { key: known ? key : undefined, charset, usesModSeq: usesModSeq(key) }
}

export const badCharset = (): Reply => no('This charset is not known', 'BADCHARSET (US-ASCII UTF-8)')

function usesModSeq(key: SearchKey): boolean {
  switch (key.kind) {
    case 'modseq':
      return true
    case 'not':
      return usesModSeq(key.key)
    case 'and':
    case 'or':
      return key.keys.some(usesModSeq)
    default:
      return false
  }
}

/** RFC 4731 3.1 */
const RETURNS = ['MIN', 'MAX', 'ALL', 'COUNT'] as const

export function returnOptions(cursor: Cursor): readonly string[] | undefined {
  if (!cursor.try('RETURN (')) return undefined
  const words: string[] = []
  while (!cursor.try(')')) {
    if (words.length > 0) cursor.space()
    const word = cursor.keyword()
    words.push(RETURNS.find((one) => one === word) ?? cursor.fail('a SEARCH return option'))
  }
  cursor.space()
  return words.length > 0 ? words : ['ALL']
}

export function esearchLine(
  tag: string,
  by: 'seq' | 'uid',
  numbers: readonly number[],
  returns: readonly string[],
  modSeq: number | undefined,
): string {
  const parts = [`* ESEARCH (TAG "${tag}")`]
  if (by === 'uid') parts.push('UID')
  const first = numbers[0]
  const last = numbers.at(-1)
  if (first !== undefined && last !== undefined) {
    if (returns.includes('MIN')) parts.push(`MIN ${first}`)
    if (returns.includes('MAX')) parts.push(`MAX ${last}`)
    if (returns.includes('ALL')) parts.push(`ALL ${compact(numbers)}`)
  }
  if (returns.includes('COUNT')) parts.push(`COUNT ${numbers.length}`)
  if (modSeq !== undefined && numbers.length > 0) parts.push(`MODSEQ ${modSeq}`)
  return parts.join(' ')
}

/**
 * RFC 4731 3.2: the highest mod-sequence of the messages that are told; MIN and MAX alone tell at most two.
 * @param seqs as they were found or sorted
 */
export function highestModSeq(view: View, seqs: readonly number[], returns: readonly string[] | undefined): number {
  const every = !returns || returns.includes('ALL') || returns.includes('COUNT')
  const ends = [
    ...(returns?.includes('MIN') ? seqs.slice(0, 1) : []),
    ...(returns?.includes('MAX') ? seqs.slice(-1) : []),
  ]
  return (every ? seqs : ends).reduce((highest, seq) => Math.max(highest, view.modSeqAt(seq)), 0)
}

/** ` (MODSEQ n)` at the end of SEARCH and SORT; nothing when nothing was found (RFC 7162 3.1.6 and 3.1.9) */
export const modSeqText = (modSeq: number | undefined): string => (modSeq ? ` (MODSEQ ${modSeq})` : '')

const searching = (by: 'seq' | 'uid'): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID SEARCH' : 'SEARCH',
    rfc: 'RFC 9051 6.4.4 and RFC 4731',
    states: ['selected'],
    expunges: by === 'uid' ? 'say' : 'hold',
    uid: by === 'uid',
    parse: (cursor, session): SearchArguments => {
      cursor.space()
      const returns = returnOptions(cursor)
      return { returns, ...program(cursor, session, false) }
    },
    run: async ({ session, state, tag }, { returns, key, usesModSeq: withModSeq }) => {
      if (!key) return badCharset()
      if (withModSeq) session.modes.condstore = true
      const seqs = await search(session, state, key)
      const highest = withModSeq ? highestModSeq(state.view, seqs, returns) : undefined
      const numbers = by === 'uid' ? seqs.map((seq) => state.view.uidAt(seq)) : seqs
      // RFC 9051 6.4.4: rev2 answers ESEARCH always.
      if (returns || session.modes.rev2) session.say(esearchLine(tag, by, numbers, returns ?? ['ALL'], highest))
      else session.say(`* SEARCH${numbers.map((number) => ` ${number}`).join('')}${modSeqText(highest)}`)
      return done('SEARCH completed')
    },
  })

export const searchCommands: readonly Command[] = [searching('seq'), searching('uid')]
