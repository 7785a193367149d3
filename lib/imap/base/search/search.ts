import type { View } from '../../../mailbox/mailbox'
import { decodeText, knownCharset } from '../../../mime/text/charset'
import { isBounded, type SearchKey } from '../../../search/key'
import { type Command, defineCommand, type Expunges } from '../../kernel/command'
import { done, no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { Slots } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { search } from './find'
import { criteria, loadKeys, type SearchContext } from './search-keys'
import { badCharset, begin, type Returns, returnOptions, sayFound, tellsScores } from './search-return'

export interface SearchArguments {
  readonly returns: Returns | undefined
  /** undefined: the charset is not known */
  readonly key: SearchKey | undefined
  readonly context: SearchContext
  /** RFC 6203 4: only then there are scores */
  readonly isFuzzy: boolean
  /** RFC 9051 7.5.1: no EXPUNGE while message numbers are in use, also in UID SEARCH */
  readonly usesNumbers: boolean
}

/**
 * search-program: `[CHARSET x] key key ...`
 * @param viewNow whose numbers those of the program are, asked when it runs
 */
export function program(
  cursor: Cursor,
  session: Session,
  slots: Slots,
  charsetFirst: boolean,
  viewNow: () => View | undefined = () => (session.state.name === 'selected' ? session.state.view : undefined),
): Omit<SearchArguments, 'returns'> {
  let charset = 'UTF-8'
  if (charsetFirst) {
    charset = cursor.astring().toString('latin1')
    cursor.space()
  } else if (cursor.tryWord('CHARSET')) {
    // RFC 6855 3; RFC 9051 6.4.4 has it still.
    if (session.modes.utf8 && !session.modes.rev2) cursor.fail('no CHARSET after ENABLE UTF8=ACCEPT')
    cursor.space()
    charset = cursor.astring().toString('latin1')
    cursor.space()
  }
  const isKnown = knownCharset(charset)
  const context: SearchContext = {
    session,
    viewNow,
    slots: slots.search,
    count: 0,
    isUtf8: /^(?:utf-8|us-ascii)$/i.test(charset),
    pending: [],
    passes: 0,
    decode: (octets: Buffer) => decodeText(octets, isKnown ? charset : 'utf-8'),
  }
  const key = criteria(cursor, context)
  if (!isBounded(key)) cursor.fail('a simpler search')
  // What is loaded when the command runs may be all of this.
  const isOpen = context.pending.length > 0
  return {
    context,
    key: isKnown ? key : undefined,
    isFuzzy: isOpen || some(key, (part) => (part.kind === 'and' || part.kind === 'or') && part.isFuzzy === true),
    usesNumbers: isOpen || some(key, (part) => part.kind === 'numbers' && part.of === 'seq'),
  }
}

/** A program that can run, or why it does not. */
type Ready =
  | { readonly refused: Reply }
  | { readonly refused?: undefined; readonly key: SearchKey; readonly usesModSeq: boolean }

/** @param state where SAVE would keep the result: a search that is refused leaves it empty (RFC 5182 2.1) */
export async function ready(
  { key, context }: Pick<SearchArguments, 'key' | 'context'>,
  state: Selected | undefined,
  returns: Returns | undefined,
): Promise<Ready> {
  const refused = key ? await loadKeys(context) : badCharset()
  if (key && !refused && isBounded(key)) return { key, usesModSeq: some(key, ({ kind }) => kind === 'modseq') }
  if (state && returns?.save) state.saved = []
  return { refused: refused ?? no('Too much is asked for', 'LIMIT') }
}

/** Whether some key of a program is like this. */
function some(key: SearchKey, is: (key: SearchKey) => boolean): boolean {
  switch (key.kind) {
    case 'not':
      return some(key.key, is)
    case 'and':
    case 'or':
      return is(key) || key.keys.some((part) => some(part, is))
    default:
      return is(key)
  }
}

export const expungesOf =
  (by: 'seq' | 'uid') =>
  ({ usesNumbers }: Pick<SearchArguments, 'usesNumbers'>): Expunges =>
    by === 'uid' && !usesNumbers ? 'say' : 'hold'

const searching = (by: 'seq' | 'uid'): Command =>
  defineCommand({
    name: by === 'uid' ? 'UID SEARCH' : 'SEARCH',
    rfc: 'RFC 9051 6.4.4 and RFC 4731',
    states: ['selected'],
    expunges: expungesOf(by),
    by,
    parse: (cursor, session, slots): SearchArguments => {
      cursor.space()
      const returns = returnOptions(cursor, slots)
      const found = program(cursor, session, slots, false)
      if (tellsScores(returns) && !found.isFuzzy) cursor.fail('FUZZY for RELEVANCY')
      return { returns, ...found }
    },
    run: async ({ session, state, tag }, args) => {
      const { returns } = args
      const found = await ready(args, state, returns)
      if (found.refused) return found.refused
      const { key, usesModSeq } = found
      const begun = begin(session, state, tag, returns)
      if (typeof begun !== 'function') return begun
      const scores = tellsScores(returns) ? new Map<number, number>() : undefined
      const { seqs, code } = await search(session, state, key, tag, scores)
      sayFound(session, state, { tag, by, seqs, scores, returns, usesModSeq, plain: 'SEARCH' })
      await begun({ by, key, seqs, isWhole: code === undefined })
      return done('SEARCH completed', code)
    },
  })

export const searchCommands: readonly Command[] = [searching('seq'), searching('uid')]
