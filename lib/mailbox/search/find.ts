import { type Answers, askedOf, includesNumber, mayMatch } from '../../search/asked'
import { inHeader } from '../../search/contains'
import { asksFlagsOnly, fromIndex, matches, nearWordsOf, textsOf } from '../../search/evaluate'
import type { IndexFacts, KeyFacts, SearchKey } from '../../search/key'
import { relevance } from '../../search/relevance'
import type { KeyRow } from '../../store/store'
import { fold } from '../../terms/casemap'
import type { FlagSet } from '../../terms/flags'
import type { Uid } from '../../terms/numbers'
import { turn } from '../../work/turns'
import type { View } from '../mailbox'
import type { Wanted } from './body-search'
import { type Searched, StoredMessage } from './stored-message'

/** Messages whose keys are read at once. */
const BATCH = 500
/** Messages that are decided from memory between two looks at the clock. */
const STEP = 64
/** Flags are looked at faster. */
const FLAGS_STEP = 10_000
/** Messages of a mailbox from which on it is quicker to ask the index than to read them, and than to read their stored keys. */
const MANY = { messages: 10, keys: 1000 } as const
const NO_ANSWERS: Answers = new Map()

/** Looks up what a key asks for, and no more: most keys ask for one thing. */
class Facts implements IndexFacts {
  constructor(
    readonly view: View,
    readonly seq: number,
    readonly answers = NO_ANSWERS,
  ) {}
  get uid(): Uid {
    return this.view.uidAt(this.seq)
  }
  get flags(): FlagSet {
    return this.view.flagsAt(this.seq)
  }
  get recent(): boolean {
    return this.view.isRecent(this.seq)
  }
  get modSeq(): number {
    return this.view.modSeqAt(this.seq)
  }
  toldSince(named: number): number {
    return this.view.toldSince(named)
  }
  get size(): number {
    return this.view.sizeAt(this.seq)
  }
  get internalDate(): number {
    return this.view.internalDateAt(this.seq)
  }
  mayMatch(key: SearchKey): boolean {
    const uids = this.answers.get(key)
    // A message that is gone must be looked at: NOT does not match it either.
    return uids === undefined || includesNumber(uids, this.uid) || this.view.isGone(this.seq)
  }
}

function keyFacts({ keys, emailId, threadId, saveDate }: KeyRow): KeyFacts {
  const { subject, from, to, cc, bcc, sentDay } = keys
  return {
    subject: fold(subject),
    from: fold(from),
    to: fold(to),
    cc: fold(cc),
    bcc: fold(bcc),
    sentDay,
    emailId,
    threadId,
    saveDate,
  }
}
/** octets in memory, about: most characters take one */
const sizeOf = ({ subject, from, to, cc, bcc }: KeyFacts): number =>
  200 + subject.length + from.length + to.length + cc.length + bcc.length

/** Those of messages that are there: a message that is gone matches nothing, not even NOT. */
async function keysOf({ room, mail, view }: Searched, facts: readonly Facts[]): Promise<Map<Uid, KeyFacts>> {
  const keysByUid = new Map<Uid, KeyFacts>()
  const column = room.keys(view.mailbox.id)
  const missing: Uid[] = []
  for (const { seq, uid } of facts) {
    if (view.isGone(seq)) continue
    const keys = column.get(uid)
    if (keys) keysByUid.set(uid, keys)
    else missing.push(uid)
  }
  if (missing.length === 0) return keysByUid
  for await (const rows of mail.keys(view, missing)) {
    for (const row of rows) {
      const keys = keyFacts(row)
      keysByUid.set(row.uid, keys)
      column.set(row.uid, keys, sizeOf(keys))
    }
  }
  return keysByUid
}

/** Of these messages, which the index did not decide, the ones that match. */
async function decide(
  searched: Searched,
  key: SearchKey,
  wanted: Wanted,
  facts: readonly Facts[],
  now: number,
  scores: Map<number, number> | undefined,
): Promise<number[]> {
  const keysByUid = await keysOf(searched, facts)
  const seqs: number[] = []
  for (const message of facts) {
    const keys = keysByUid.get(message.uid)
    const wait = turn()
    if (wait !== undefined) await wait
    if (!keys) continue
    const quick = fromIndex(key, message, now, keys)
    if (quick === false) continue
    const stored = new StoredMessage(searched, message.uid, keys, wanted)
    if (!(quick ?? (await matches(key, message, stored, now)))) continue
    seqs.push(message.seq)
    scores?.set(message.seq, await relevance(key, stored))
  }
  return seqs
}

/** All messages with the same flags have the same answer. */
async function byFlags(view: View, key: SearchKey, now: number, among?: readonly number[]): Promise<number[]> {
  const seqs: number[] = []
  for (const [nth, seq] of (among ?? []).entries()) {
    if (nth % FLAGS_STEP === 0) await turn()
    if (fromIndex(key, new Facts(view, seq), now) === true) seqs.push(seq)
  }
  if (among) return seqs
  const { exists } = view
  const passes = (_flags: FlagSet, seq: number): boolean => fromIndex(key, new Facts(view, seq), now) === true
  for (let first = 1; first <= exists; first += FLAGS_STEP) {
    await turn()
    for (const seq of view.matching(passes, first, Math.min(exists, first + FLAGS_STEP - 1))) seqs.push(seq)
  }
  return seqs
}

/** What the text index says of a program; nothing where there is none. */
async function askIndex({ room, mail, view }: Searched, program: SearchKey): Promise<Answers> {
  const answers = new Map<SearchKey, Uint32Array>()
  // Keys that are in memory are compared quicker than anybody is asked.
  const hasKeys = 2 * room.keys(view.mailbox.id).count > view.exists
  for (const { key, anyOf, instead } of askedOf(program)) {
    if (view.exists < MANY[instead] || (instead === 'keys' && hasKeys)) continue
    const uids = await mail.mayHave(view, anyOf, instead)
    if (uids) answers.set(key, uids)
  }
  return answers
}

/** Sequence numbers of the window that a program may match, ascending. */
function* open(view: View, key: SearchKey, answers: Answers): Generator<number> {
  const uids = mayMatch(key, answers)
  if (!uids) {
    for (let seq = 1; seq <= view.exists; seq++) yield seq
    return
  }
  for (const uid of uids) {
    const seq = view.seqOf(uid)
    if (seq !== undefined) yield seq
  }
}

interface FindOptions {
  /** sequence numbers, ascending: no others are looked at */
  readonly among?: readonly number[]
  /** told now and then how many messages were looked at */
  readonly progress?: (seq: number) => void
  /** filled with how relevant each is, by sequence number (RFC 6203 4), where they are asked for */
  readonly scores?: Map<number, number>
}

/**
 * Runs a search program over a view's window: from the index, then from kept keys, then from octets.
 * @param now milliseconds since 1970
 * @returns ascending sequence numbers of what matches
 */
export async function find(
  searched: Searched,
  key: SearchKey,
  now: number,
  { among, progress, scores }: FindOptions = {},
): Promise<number[]> {
  const { view } = searched
  if (asksFlagsOnly(key)) return byFlags(view, key, now, among)
  const texts = new Map([...textsOf(key)].map((text) => [text, inHeader(text)]))
  const wanted: Wanted = { texts, words: nearWordsOf(key) }
  const answers = among ? NO_ANSWERS : await askIndex(searched, key)
  const seqs: number[] = []
  let undecided: Facts[] = []
  let looked = 0
  for (const seq of among ?? open(view, key, answers)) {
    const facts = new Facts(view, seq, answers)
    const quick = fromIndex(key, facts, now)
    if (quick && !scores) seqs.push(seq)
    else if (quick !== false && undecided.push(facts) >= BATCH) {
      seqs.push(...(await decide(searched, key, wanted, undecided, now, scores)))
      undecided = []
      progress?.(seq)
    }
    if (++looked % STEP === 0) await turn()
  }
  seqs.push(...(await decide(searched, key, wanted, undecided, now, scores)))
  return seqs.sort((a, b) => a - b)
}
