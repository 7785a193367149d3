import type { Update, View } from '../../../mailbox/mailbox'
import type { SearchKey } from '../../../search/key'
import { turn } from '../../../work/turns'
import { searchAmong } from '../../base/search/find'
import type { Session } from '../../kernel/session'
import type { Found } from '../../kernel/slots'
import type { Selected } from '../../kernel/state'
import { correlator, untagged } from '../../wire/response'
import { inRanges } from '../../wire/sequence-set'
import { addition, amongResults, removal, type Step, stepsText } from './context-results'

/** contexts of one session, and UIDs in all but the first of them */
export const MOST_CONTEXTS = 10
export const MOST_RESULTS = 1_000_000
/** UIDs in one that is sorted: each of them may be a step */
export const MOST_SORTED = 100_000
/** Messages between two looks at the clock. */
const LOOK = 10_000
/** New results that are put into their places one by one; of more all are sorted anew. */
const FEW = 20

/** A search whose results a client keeps, and is told how they change (RFC 5267 4.3). */
export class Context {
  /** UIDs in the order of the search */
  results: readonly number[]
  constructor(
    readonly tag: string,
    readonly found: Found,
    /** what was committed later, and messages behind this one, were not looked at */
    public since: number,
    public lastUid: number,
    view: View,
  ) {
    this.results = found.seqs.map((seq) => view.uidAt(seq))
  }
}

const contexts = new WeakMap<View, Map<string, Context>>()

/** They are gone with the view (RFC 5267 4.3). */
export function contextsOf(view: View): Map<string, Context> {
  const known = contexts.get(view) ?? new Map<string, Context>()
  contexts.set(view, known)
  return known
}

/** RFC 5267 4.3: message numbers of a program are those of the moment when it came. */
export async function byUid(view: View, key: SearchKey): Promise<SearchKey> {
  switch (key.kind) {
    case 'not':
      return { ...key, key: await byUid(view, key.key) }
    case 'and':
    case 'or':
      return { ...key, keys: await Promise.all(key.keys.map((part) => byUid(view, part))) }
    case 'numbers': {
      if (key.of === 'uid') return key
      const ranges: [number, number][] = []
      let isNamed = false
      for (let seq = 1; seq <= view.exists; seq++) {
        if (seq % LOOK === 0) await turn()
        const last = ranges.at(-1)
        const wasNamed = isNamed
        isNamed = key.has(seq)
        // Between neighbours there is no message, and there will be none.
        if (isNamed && wasNamed && last) last[1] = view.uidAt(seq)
        else if (isNamed) ranges.push([view.uidAt(seq), view.uidAt(seq)])
      }
      return { kind: 'numbers', of: 'uid', has: (number) => inRanges(ranges, number) }
    }
    default:
      return key
  }
}

function say(session: Session, context: Context, parts: readonly string[]): void {
  const { tag, found } = context
  session.say(
    untagged('ESEARCH', found.correlator ?? correlator(tag), ...(found.by === 'uid' ? ['UID'] : []), ...parts),
  )
}

/** RFC 5267 4.3.4: before EXPUNGE, while the numbers are still true. */
export function takeExpunged(session: Session, { view }: Selected, updates: readonly Update[]): void {
  const known = contexts.get(view)
  if (!known || known.size === 0) return
  const seqs = new Map<number, number>()
  // Highest first: each number is what it was before any of them was told.
  for (const update of updates) if (update.kind === 'expunge') seqs.set(update.uid, update.seq)
  if (seqs.size === 0) return
  const expunged = [...seqs.keys()]
  for (const context of known.values()) {
    const gone = amongResults(context.results, expunged, context.found.sort !== undefined)
    if (gone.size === 0) continue
    const numberOf = (uid: number): number => (context.found.by === 'uid' ? uid : (seqs.get(uid) ?? 0))
    say(session, context, [
      stepsText('REMOVEFROM', removal(context.results, gone, context.found.sort !== undefined), numberOf),
    ])
    context.results = context.results.filter((uid) => !gone.has(uid))
  }
}

/** Messages that came or changed since contexts were up to date. */
async function changedSeqs(view: View, since: number, lastUid: number): Promise<number[]> {
  const told = view.toldSince(since)
  const seqs: number[] = []
  for (let seq = 1; seq <= view.exists; seq++) {
    if (seq % LOOK === 0) await turn()
    if ((view.modSeqAt(seq) > told || view.uidAt(seq) > lastUid) && !view.isGone(seq)) seqs.push(seq)
  }
  return seqs
}

const ascending = (a: number, b: number): number => a - b

/** Results with some more, in the order of the search. */
async function withMore(view: View, { results, found }: Context, added: readonly number[]): Promise<readonly number[]> {
  const { sort } = found
  if (!sort) return [...results, ...added].sort(ascending)
  const sorted = async (uids: readonly number[]): Promise<number[]> =>
    (await sort(uids.flatMap((uid) => view.seqOf(uid) ?? []))).map((seq) => view.uidAt(seq))
  if (added.length > FEW) return sorted([...results, ...added])
  const all = [...results]
  for (const uid of added) {
    let low = 0
    let high = all.length
    while (low < high) {
      const middle = (low + high) >>> 1
      const [first] = await sorted([all[middle] ?? 0, uid])
      if (first === uid) high = middle
      else low = middle + 1
    }
    all.splice(low, 0, uid)
  }
  return all
}

async function update(session: Session, state: Selected, context: Context, changed: readonly number[]): Promise<void> {
  const { view } = state
  const { found } = context
  const isSorted = found.sort !== undefined
  const matching = new Set(await searchAmong(session, state, found.key, changed))
  const uids = changed.map((seq) => view.uidAt(seq))
  const known = amongResults(context.results, uids, isSorted)
  const removed = new Set<number>()
  const added: number[] = []
  for (const [at, uid] of uids.entries()) {
    const matches = matching.has(changed[at] ?? 0)
    if (matches && !known.has(uid)) added.push(uid)
    if (!matches && known.has(uid)) removed.add(uid)
  }
  const numberOf = (uid: number): number => (found.by === 'uid' ? uid : (view.seqOf(uid) ?? 0))
  const parts: string[] = []
  const tell = (name: 'ADDTO' | 'REMOVEFROM', steps: readonly Step[]): void => {
    parts.push(stepsText(name, steps, numberOf))
  }
  if (removed.size > 0) {
    tell('REMOVEFROM', removal(context.results, removed, isSorted))
    context.results = context.results.filter((uid) => !removed.has(uid))
  }
  if (added.length > 0) {
    context.results = await withMore(view, context, added)
    tell('ADDTO', addition(context.results, new Set(added), isSorted))
  }
  if (parts.length > 0) say(session, context, parts)
}

/** Behind EXISTS and FETCH: what came into the results, and went out of them. */
export async function sayUpdates(session: Session, state: Selected): Promise<void> {
  const { view } = state
  const known = [...(contexts.get(view)?.values() ?? [])]
  if (known.length === 0) return
  const { highestModSeq, exists } = view
  const lastUid = exists > 0 ? view.uidAt(exists) : 0
  const since = Math.min(...known.map((context) => context.since))
  const before = Math.min(...known.map((context) => context.lastUid))
  // While an EXPUNGE is held, what is told ends before it.
  if (since === highestModSeq && before === lastUid && !view.holdsExpunges) return
  const changed = await changedSeqs(view, since, before)
  for (const context of known) {
    for (let first = 0; first < changed.length; first += LOOK) {
      await turn()
      await update(session, state, context, changed.slice(first, first + LOOK))
    }
    context.since = highestModSeq
    context.lastUid = lastUid
  }
}
