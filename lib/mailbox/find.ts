import { setImmediate as turn } from 'node:timers/promises'
import { bodyText, headerText, headerValue } from '../mime/search-text'
import { textParts } from '../mime/text'
import {
  asksFlagsOnly,
  fromIndex,
  type Grams,
  gramsOf,
  type IndexFacts,
  type KeyFacts,
  matches,
  mayContain,
  type SearchKey,
  type StoredFacts,
} from '../search/key'
import type { KeyRow, MessageRow } from '../store/store'
import type { FlagSet } from '../terms/flags'
import { type Uid, uid } from '../terms/numbers'
import type { KeptColumn } from './kept'
import type { AccountMail, MailRoom, View } from './mailbox'

/** What is searched. */
export interface Searched {
  readonly room: Pick<MailRoom, 'store' | 'keys' | 'grams'>
  readonly mail: AccountMail
  readonly view: View
}

/** Messages whose keys are read at once. */
const BATCH = 500
/** Messages that are decided from memory before others get a turn. */
const TURN = 20_000

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
  { mail, view }: Searched,
  number: number,
  known: KeyFacts | undefined,
  grams: KeptColumn<Grams>,
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
      (one) => one && (one.prepared.header ?? mail.read(one.emailId, 0, one.prepared.headerSize)),
    )
    return header
  }
  let textOfHeader: Promise<string> | undefined
  const theHeaderText = (): Promise<string> => {
    textOfHeader ??= theHeader().then((octets) => headerText(octets ?? Buffer.alloc(0)))
    return textOfHeader
  }
  return {
    keys: async () => known,
    header: async (name) => {
      const octets = await theHeader()
      return octets && headerValue(octets, name)
    },
    headerText: theHeaderText,
    bodyText: async () => {
      const one = await theRow()
      if (!one) return ''
      const texts: string[] = []
      for (const part of textParts(one.prepared.structure)) {
        const octets = await mail.read(one.emailId, part.bodyStart, part.bodyEnd)
        if (octets) texts.push(bodyText(part, octets))
      }
      const text = texts.join('\n')
      if (!grams.get(number)) {
        const made = gramsOf(`${await theHeaderText()}\n${text}`)
        grams.set(number, made, made.length)
      }
      return text
    },
    mayContain: (text) => {
      const of = grams.get(number)
      return of === undefined || mayContain(of, text)
    },
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
  facts: readonly IndexFacts[],
  now: number,
): Promise<number[]> {
  const known = await keysOf(searched, facts)
  const grams = searched.room.grams(searched.view.mailbox.id)
  const found: number[] = []
  for (const one of facts) {
    const keys = known.get(one.uid)
    if (!keys) continue
    const quick = fromIndex(key, one, now, keys)
    if (quick ?? (await matches(key, one, storedFacts(searched, one.uid, keys, grams), now))) found.push(one.seq)
  }
  return found
}

/** All messages with the same flags have the same answer. */
async function byFlags(view: View, key: SearchKey, now: number): Promise<number[]> {
  const { exists } = view
  const found: number[] = []
  const passes = (_flags: FlagSet, seq: number): boolean => fromIndex(key, new Facts(view, seq), now) === true
  for (let first = 1; first <= exists; first += TURN) {
    if (first > 1) await turn()
    for (const seq of view.matching(passes, first, Math.min(exists, first + TURN - 1))) found.push(seq)
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
  const found: number[] = []
  let open: IndexFacts[] = []
  for (let seq = 1; seq <= exists; seq++) {
    const facts = new Facts(view, seq)
    const quick = fromIndex(key, facts, now)
    if (quick) found.push(seq)
    else if (quick === undefined && open.push(facts) >= BATCH) {
      found.push(...(await decide(searched, key, open, now)))
      open = []
      progress?.(seq)
    }
    if (seq % TURN === 0) await turn()
  }
  found.push(...(await decide(searched, key, open, now)))
  return found.sort((a, b) => a - b)
}
