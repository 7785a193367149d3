import type { Part } from '../../mime/prepared'
import { headerText, headerValue, searchedRanges } from '../../mime/text/search-text'
import { contains, inHeader } from '../../search/contains'
import { asksFlagsOnly, fromIndex, matches, textsOf } from '../../search/evaluate'
import { createGrams, type Grams, mayContain as mayContainGrams } from '../../search/grams'
import type { IndexFacts, KeyFacts, SearchKey, StoredFacts } from '../../search/key'
import type { KeyRow, MessageRow } from '../../store/store'
import { fold } from '../../terms/casemap'
import type { FlagSet } from '../../terms/flags'
import { type Uid, uid } from '../../terms/numbers'
import { turn } from '../../work/turns'
import type { KeptColumn } from '../kept'
import type { AccountMail, MailRoom, View } from '../mailbox'
import { encodedTexts, partTexts, readAhead } from './body-text'

/** What is searched. */
export interface Searched {
  readonly room: Pick<MailRoom, 'keys' | 'grams' | 'pool'>
  readonly mail: AccountMail
  readonly view: View
  /** names of the files in a message; IMAP has no key that asks for them */
  readonly attachments?: (structure: Part) => readonly string[]
}

/** Messages whose keys are read at once. */
const BATCH = 500
/** Messages that are decided from memory between two looks at the clock. */
const STEP = 64
/** Flags are looked at faster. */
const FLAGS_STEP = 10_000
/** Octets of a message that is read to its end although all was found, so that its grams are known. */
const MOST_READ_ON = 1024 * 1024
/** Octets of a header in which texts are looked for. */
const MOST_HEADER = 128 * 1024

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

/** Texts that were looked for, and where they stand. */
interface Found {
  readonly text: Set<string>
  readonly fields: Set<string>
}

/** What is looked for, and how it stands in a header, where runs of blanks are one. */
type Texts = ReadonlyMap<string, string>

/** What must be read of one message, when it is asked for and once. */
function storedFacts(
  { room, mail, view, attachments }: Searched,
  number: number,
  known: KeyFacts | undefined,
  grams: KeptColumn<Grams>,
  texts: Texts,
): StoredFacts {
  let row: Promise<MessageRow | undefined> | undefined
  let header: Promise<Buffer | undefined> | undefined
  async function readRow(): Promise<MessageRow | undefined> {
    for await (const [message] of mail.rows(view, [uid(number)])) return message
    return undefined
  }
  const theRow = (): Promise<MessageRow | undefined> => {
    row ??= readRow()
    return row
  }
  const theHeader = (): Promise<Buffer | undefined> => {
    header ??= theRow().then(
      (row) =>
        row && (row.prepared.header ?? mail.read(row.emailId, 0, Math.min(row.prepared.headerSize, MOST_HEADER))),
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
    if (of === undefined || mayContainGrams(of, text)) return true
    const folded = texts.get(text) ?? text
    return folded !== text && mayContainGrams(of, folded)
  }
  /** Which of all texts stand in the body, and which in its fields: it is read once, and as far as is needed. */
  async function readBody(): Promise<Found> {
    const found: Found = { text: new Set(), fields: new Set() }
    const message = await theRow()
    if (!message) return found
    const wanted = new Set([...texts.keys()].filter(mayContain))
    const longest = Math.max(0, ...[...texts.keys()].map(({ length }) => length))
    const made = grams.get(number) ? undefined : createGrams(message.size)
    made?.add(await theHeaderText())
    /** The next searches need not look at it again. */
    const fills = made !== undefined && message.size <= MOST_READ_ON
    /** @returns whether there is something left to look for */
    async function look(piece: string, where: keyof Found): Promise<boolean> {
      for (const text of wanted) {
        if (contains(piece, where === 'text' ? text : (texts.get(text) ?? text))) found[where].add(text)
        const wait = turn()
        if (wait !== undefined) await wait
      }
      // What the text has, the fields need not have.
      for (const text of found.text) wanted.delete(text)
      made?.add(piece)
      return wanted.size > 0 || fills
    }
    async function lookAll(pieces: AsyncIterable<string>): Promise<boolean> {
      /** A text may begin in one piece and end in the next. */
      let before = ''
      for await (const piece of pieces) {
        const window = before + piece
        if (!(await look(window, 'text'))) return false
        before = window.slice(-Math.max(2, longest - 1))
      }
      return true
    }
    const read = readAhead((start, end) => mail.read(message.emailId, start, Math.min(end, message.size)))
    for (const { kind, part, start, end } of searchedRanges(message.prepared.structure)) {
      let more: boolean
      if (kind === 'text') more = await lookAll(partTexts(room.pool, mail.id, part, read))
      else if (kind === 'fields') {
        const octets = await read(start, Math.min(end, start + MOST_HEADER))
        more = await look(headerText(octets ?? Buffer.alloc(0)), 'fields')
      } else {
        const inside = await encodedTexts(room.pool, mail.id, part, read)
        more = (await look(inside.fields, 'fields')) && (await look(inside.text, 'text'))
      }
      if (!more) return found
    }
    if (made) grams.set(number, made.grams, made.grams.length)
    return found
  }
  let found: Promise<Found> | undefined
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
      return contains(header, texts.get(text) ?? inHeader(text))
    },
    bodyHas: async (text, fields) => {
      found ??= readBody()
      const { text: inText, fields: inFields } = await found
      return inText.has(text) || (fields === 'too' && inFields.has(text))
    },
    attachments: async () => {
      const message = await theRow()
      return (message && attachments?.(message.prepared.structure).map(fold)) ?? []
    },
    mayContain,
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
  for await (const rows of mail.keys(view, missing)) {
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
  texts: Texts,
  facts: readonly IndexFacts[],
  now: number,
): Promise<number[]> {
  const known = await keysOf(searched, facts)
  const grams = searched.room.grams(searched.view.mailbox.id)
  const found: number[] = []
  for (const message of facts) {
    const keys = known.get(message.uid)
    const wait = turn()
    if (wait !== undefined) await wait
    if (!keys) continue
    const quick = fromIndex(key, message, now, keys)
    if (quick ?? (await matches(key, message, storedFacts(searched, message.uid, keys, grams, texts), now)))
      found.push(message.seq)
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
  const texts = new Map([...textsOf(key)].map((text) => [text, inHeader(text)]))
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
