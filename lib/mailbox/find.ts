import { headerText, headerValue } from '../mime/search-text'
import { textParts } from '../mime/text'
import {
  asksFlagsOnly,
  contains,
  createGrams,
  fromIndex,
  type Grams,
  type IndexFacts,
  type KeyFacts,
  matches,
  mayContain as mayContainGrams,
  type SearchKey,
  type StoredFacts,
  textsOf,
} from '../search/key'
import type { KeyRow, MessageRow } from '../store/store'
import type { FlagSet } from '../terms/flags'
import { type Uid, uid } from '../terms/numbers'
import { turn } from '../work/turns'
import { partTexts } from './body-text'
import type { KeptColumn } from './kept'
import type { AccountMail, MailRoom, View } from './mailbox'

/** What is searched. */
export interface Searched {
  readonly room: Pick<MailRoom, 'store' | 'keys' | 'grams' | 'pool'>
  readonly mail: AccountMail
  readonly view: View
}

/** Messages whose keys are read at once. */
const BATCH = 500
/** Messages that are decided from memory between two looks at the clock. */
const STEP = 64
/** Flags are looked at faster. */
const FLAGS_STEP = 10_000
/** Octets of a header in which texts are looked for. */
const MOST_HEADER = 256 * 1024

/** Looks up what a key asks for, and no more: most keys ask for one thing. */
class Facts implements IndexFacts {
  constructor(
    readonly view: View,
    readonly seq: number,
  ) {}
  get uid(): number {
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
  get size(): number {
    return this.view.sizeAt(this.seq)
  }
  get internalDate(): number {
    return this.view.internalDateAt(this.seq)
  }
}

/** What must be read of one message, when it is asked for and once. */
function storedFacts(
  { room, mail, view }: Searched,
  number: number,
  known: KeyFacts | undefined,
  grams: KeptColumn<Grams>,
  texts: readonly string[],
): StoredFacts {
  let row: Promise<MessageRow | undefined> | undefined
  let header: Promise<Buffer | undefined> | undefined
  async function readRow(): Promise<MessageRow | undefined> {
    for await (const [one] of mail.rows(view, [uid(number)])) return one
    return undefined
  }
  const theRow = (): Promise<MessageRow | undefined> => {
    row ??= readRow()
    return row
  }
  const theHeader = (): Promise<Buffer | undefined> => {
    header ??= theRow().then(
      (one) =>
        one && (one.prepared.header ?? mail.read(one.emailId, 0, Math.min(one.prepared.headerSize, MOST_HEADER))),
    )
    return header
  }
  let textOfHeader: Promise<string> | undefined
  const theHeaderText = (): Promise<string> => {
    textOfHeader ??= theHeader().then((octets) => headerText(octets ?? Buffer.alloc(0)))
    return textOfHeader
  }
  const mayContain = (text: string): boolean => {
    const of = grams.get(number)
    return of === undefined || mayContainGrams(of, text)
  }
  /** Which of all texts the body has: it is read once, and as far as is needed. */
  async function readBody(): Promise<ReadonlySet<string>> {
    const found = new Set<string>()
    const one = await theRow()
    if (!one) return found
    const wanted = new Set(texts.filter(mayContain))
    const longest = Math.max(0, ...texts.map(({ length }) => length))
    const made = grams.get(number) ? undefined : createGrams(one.size)
    made?.add(await theHeaderText())
    for (const part of textParts(one.prepared.structure)) {
      /** A text may begin in one piece and end in the next. */
      let before = ''
      const read = (start: number, end: number) => mail.read(one.emailId, start, end)
      for await (const piece of partTexts(room.pool, mail.id, part, read)) {
        const window = before + piece
        for (const text of wanted) {
          if (contains(window, text)) found.add(text)
          await turn()
        }
        for (const text of found) wanted.delete(text)
        if (wanted.size === 0) return found
        made?.add(window)
        before = window.slice(-Math.max(2, longest - 1))
      }
    }
    if (made) grams.set(number, made.grams, made.grams.length)
    return found
  }
  let found: Promise<ReadonlySet<string>> | undefined
  return {
    keys: async () => known,
    header: async (name) => {
      const octets = await theHeader()
      await turn()
      return octets && headerValue(octets, name)
    },
    headerHas: async (text) => {
      const header = await theHeaderText()
      await turn()
      return contains(header, text)
    },
    bodyHas: async (text) => {
      found ??= readBody()
      return (await found).has(text)
    },
    mayContain,
  }
}

function keyFacts({ keys, emailId, threadId, saveDate }: KeyRow): KeyFacts {
  const { subject, from, to, cc, bcc, sentDay } = keys
  return { subject, from, to, cc, bcc, sentDay, emailId, threadId, saveDate }
}
/** octets in memory, about: most characters take one */
const sizeOf = ({ subject, from, to, cc, bcc }: KeyFacts): number =>
  200 + subject.length + from.length + to.length + cc.length + bcc.length

/** Those of messages that are there: a message that is gone matches nothing, not even NOT. */
async function keysOf({ room, mail, view }: Searched, facts: readonly IndexFacts[]): Promise<Map<number, KeyFacts>> {
  const known = new Map<number, KeyFacts>()
  const kept = room.keys(view.mailbox.id)
  const missing: Uid[] = []
  for (const { seq, uid: number } of facts) {
    if (view.isGone(seq)) continue
    const keys = kept.get(number)
    if (keys) known.set(number, keys)
    else missing.push(uid(number))
  }
  if (missing.length === 0) return known
  for await (const rows of room.store.messages.keys(mail.id, view.mailbox.id, missing)) {
    for (const row of rows) {
      const keys = keyFacts(row)
      known.set(row.uid, keys)
      kept.set(row.uid, keys, sizeOf(keys))
    }
  }
  return known
}

/** Of these messages, which the index did not decide, the ones that match. */
async function decide(
  searched: Searched,
  key: SearchKey,
  texts: readonly string[],
  facts: readonly IndexFacts[],
  now: number,
): Promise<number[]> {
  const known = await keysOf(searched, facts)
  const grams = searched.room.grams(searched.view.mailbox.id)
  const found: number[] = []
  for (const one of facts) {
    const keys = known.get(one.uid)
    await turn()
    if (!keys) continue
    const quick = fromIndex(key, one, now, keys)
    if (quick ?? (await matches(key, one, storedFacts(searched, one.uid, keys, grams, texts), now))) found.push(one.seq)
  }
  return found
}

/** All messages with the same flags have the same answer. */
async function byFlags(view: View, key: SearchKey, now: number): Promise<number[]> {
  const { exists } = view
  const found: number[] = []
  const passes = (_flags: FlagSet, seq: number): boolean => fromIndex(key, new Facts(view, seq), now) === true
  for (let first = 1; first <= exists; first += FLAGS_STEP) {
    await turn()
    for (const seq of view.matching(passes, first, Math.min(exists, first + FLAGS_STEP - 1))) found.push(seq)
  }
  return found
}

/**
 * Runs a search program over a view's window: from the index, then from kept keys, then from octets.
 * @param now milliseconds since 1970
 * @param progress told now and then how many messages were looked at
 * @returns ascending sequence numbers of what matches
 */
export async function find(
  searched: Searched,
  key: SearchKey,
  now: number,
  progress?: (seq: number) => void,
): Promise<number[]> {
  const { view } = searched
  const { exists } = view
  if (asksFlagsOnly(key)) return byFlags(view, key, now)
  const texts = [...new Set(textsOf(key))]
  const found: number[] = []
  let open: IndexFacts[] = []
  for (let seq = 1; seq <= exists; seq++) {
    const facts = new Facts(view, seq)
    const quick = fromIndex(key, facts, now)
    if (quick) found.push(seq)
    else if (quick === undefined && open.push(facts) >= BATCH) {
      found.push(...(await decide(searched, key, texts, open, now)))
      open = []
      progress?.(seq)
    }
    if (seq % STEP === 0) await turn()
  }
  found.push(...(await decide(searched, key, texts, open, now)))
  return found.sort((a, b) => a - b)
}
