import { MOST_RELEVANT } from '../../../search/relevance'
import type { Uid } from '../../../terms/numbers'
import { no, type Reply } from '../../kernel/reply'
import type { Session } from '../../kernel/session'
import type { ReturnItem, ReturnSlot, Slots, WhenFound } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import type { Cursor } from '../../wire/cursor'
import { code, correlator, list, untagged } from '../../wire/response'
import { compact } from '../../wire/sequence-set'

/** What SEARCH and SORT give back (RFC 4731, RFC 5182 and RFC 5267 3; all but SORT in RFC 9051 6.4.4). */
export interface Returns {
  readonly items: readonly ReturnItem[]
  /** RFC 5182: keep the result as `$` */
  readonly save: boolean
}

const every = (name: 'ALL' | 'COUNT'): ReturnItem => ({
  name,
  choose: (all) => all,
  text: (numbers) => {
    if (name === 'COUNT') return `COUNT ${numbers.length}`
    return numbers.length === 0 ? undefined : `ALL ${compact(numbers)}`
  },
})
const end = (name: 'MIN' | 'MAX'): ReturnItem => ({
  name,
  choose: (all) => (name === 'MIN' ? all.slice(0, 1) : all.slice(-1)),
  text: (numbers) => (numbers.length === 0 ? undefined : `${name} ${name === 'MIN' ? numbers[0] : numbers.at(-1)}`),
})
/** In the order in which they are told; MIN, MAX and ALL are left out when nothing was found (RFC 4731 3.1). */
const ITEMS: readonly ReturnItem[] = [end('MIN'), end('MAX'), every('ALL'), every('COUNT')]

/** `RETURN (MIN SAVE ...) `; undefined: the command has none */
export function returnOptions(cursor: Cursor, { returns }: Slots): Returns | undefined {
  if (!cursor.try('RETURN (')) return undefined
  const slots = [...ITEMS.map((item): ReturnSlot => ({ name: item.name, read: () => item })), ...returns]
  const items = new Map<string, ReturnItem>()
  let save = false
  for (let first = true; !cursor.try(')'); first = false) {
    if (!first) cursor.space()
    const word = cursor.keyword()
    if (word === 'SAVE') {
      save = true
      continue
    }
    const slot = slots.find(({ name }) => name === word) ?? cursor.fail('a SEARCH return option')
    if (slot.once && items.has(word)) cursor.fail(`one ${word}`)
    items.set(word, slot.read(cursor))
  }
  cursor.space()
  for (const { name, excludes } of slots)
    if (excludes && items.has(name) && items.has(excludes)) cursor.fail(`one of ${excludes} and ${name}`)
  // RFC 4731 3.1: an empty list is ALL.
  if (items.size === 0 && !save) return FIND_ALL
  return { items: slots.flatMap(({ name }) => items.get(name) ?? []), save }
}

/** RFC 6203 4: how relevant each message is */
export const tellsScores = (returns: Returns | undefined): boolean =>
  returns?.items.some(({ tells }) => tells === 'scores') ?? false

/** What a rev2 client gets that asks for nothing (RFC 9051 6.4.4), and a client of ESEARCH (RFC 7377 2.1). */
export const FIND_ALL: Returns = { items: [every('ALL')], save: false }

/** Scores are told of the messages that are told, where that is a part. */
const chooserOf = (item: ReturnItem, items: readonly ReturnItem[]): ReturnItem =>
  item.tells === 'scores' ? (items.find(({ narrows }) => narrows) ?? item) : item

/** Everything that some item tells of, each once: whose mod-sequences count (RFC 4731 3.2), and what `$` becomes (RFC 5182 2.4). */
function chosen(seqs: readonly number[], all: readonly ReturnItem[]): readonly number[] {
  const items = all.filter(({ tells }) => tells !== 'nothing')
  if (items.length === 0) return seqs
  return [...new Set(items.flatMap((item) => [...chooserOf(item, items).choose(seqs)]))]
}

/** What options do beside telling. @returns why the command is refused, or what is to be done when it is answered */
export function begin(session: Session, state: Selected, tag: string, returns: Returns | undefined): Reply | WhenFound {
  const steps: WhenFound[] = []
  for (const item of returns?.items ?? []) {
    const begun = item.begin?.(session, state, tag)
    if (typeof begun === 'function') steps.push(begun)
    else if (begun) return begun
  }
  return async (found) => {
    for (const step of steps) await step(found)
  }
}

export interface SearchResult {
  readonly tag: string
  readonly by: 'seq' | 'uid'
  /** in the order of the answer */
  readonly seqs: readonly number[]
  /** 1 to 100, by sequence number; one that it does not have is as relevant as can be */
  readonly scores?: ReadonlyMap<number, number> | undefined
  readonly returns: Returns | undefined
  /** RFC 7162 3.1.5: a search by MODSEQ tells the highest one */
  readonly usesModSeq: boolean
  readonly plain: 'SEARCH' | 'SORT'
  /** of the ESEARCH response, where it is more than the tag (RFC 7377 2.1) */
  readonly correlator?: string
}

/** `* ESEARCH`, or the older `* SEARCH` and `* SORT`; saves the result. */
export function sayFound(session: Session, state: Selected, result: SearchResult): void {
  const { tag, by, seqs, scores, usesModSeq, plain } = result
  const { view } = state
  const returns = result.returns ?? (plain === 'SEARCH' && session.modes.rev2 ? FIND_ALL : undefined)
  if (usesModSeq) session.enableCondstore()
  const picked = returns ? chosen(seqs, returns.items) : seqs
  if (returns?.save) state.saved = uidsSorted(state, picked)
  const highest = usesModSeq ? picked.reduce((high, seq) => Math.max(high, view.modSeqAt(seq)), 0) : 0
  const numbers = by === 'uid' ? seqs.map((seq) => view.uidAt(seq)) : seqs
  if (!returns) {
    const listed = numbers.length > 0 ? [numbers.join(' ')] : []
    // RFC 7162 3.1.6 and 3.1.9: nothing when nothing was found
    return session.say(untagged(plain, ...listed, ...(highest > 0 ? [list([code('MODSEQ', highest)])] : [])))
  }
  // RFC 9051 6.4.4.1: SAVE alone asks for no answer.
  if (returns.items.length === 0) return
  const relevance = seqs.map((seq) => scores?.get(seq) ?? MOST_RELEVANT)
  const parts = returns.items.flatMap((item) => {
    const told = item.tells === 'scores' ? chooserOf(item, returns.items).choose(relevance) : numbers
    return item.text(told) ?? []
  })
  if (highest > 0) parts.push(code('MODSEQ', highest))
  session.say(untagged('ESEARCH', result.correlator ?? correlator(tag), ...(by === 'uid' ? ['UID'] : []), ...parts))
}

const uidsSorted = ({ view }: Selected, seqs: readonly number[]): Uid[] =>
  seqs.map((seq) => view.uidAt(seq)).sort((a, b) => a - b)

export const badCharset = (): Reply => no('This charset is not known', code('BADCHARSET', list(['US-ASCII', 'UTF-8'])))
