import type { Part, PreparedMessage } from '../../mime/prepared'
import { headerText, type SearchedRange, searchedRanges } from '../../mime/text/search-text'
import { plain } from '../../search/near'
import { GramSet, type Grams, type TextPlace } from '../../search/text-grams'
import type { Unindexed } from '../../store/texts'
import { fold } from '../../terms/casemap'
import { Unavailable } from '../../terms/errors'
import { defineJob } from '../../work/job'
import type { Pool } from '../../work/pool'
import { bodyPieces, MOST_HEADER } from '../search/body-pieces'
import { type Read, readAhead } from '../search/body-text'

/** Parts of a message; nobody reads one that has more. */
const MOST_RANGES = 2000

type Fields = Pick<PreparedMessage['keys'], 'subject' | 'from' | 'to' | 'cc' | 'bcc'>
const NOTHING = Buffer.alloc(0)
const FIELDS = ['subject', 'from', 'to', 'cc', 'bcc'] as const

/** All that SEARCH looks at in a message, in a form that a thread is given. */
export interface MessageTexts {
  readonly fields: Fields
  readonly header: Uint8Array
  /** of the parts, in their order, with their octets */
  readonly ranges: readonly (SearchedRange & { readonly octets: Uint8Array })[]
}

/** A thread is given no more of a part than is looked at. */
const leafOf = ({ message: _inside, ...part }: Part): Part => ({ ...part, children: [] })

/** @param most octets. undefined: it has more */
export async function textsOfMessage(
  { prepared }: Unindexed,
  read: Read,
  most: number,
): Promise<MessageTexts | undefined> {
  const ranges: SearchedRange[] = []
  let size = Math.min(prepared.headerSize, MOST_HEADER)
  for (const range of searchedRanges(prepared.structure)) {
    const end = range.kind === 'fields' ? Math.min(range.end, range.start + MOST_HEADER) : range.end
    size += end - range.start
    if (size > most || ranges.length === MOST_RANGES) return undefined
    ranges.push({ ...range, end })
  }
  const header = prepared.header ?? (await read(0, Math.min(prepared.headerSize, MOST_HEADER))) ?? NOTHING
  const ahead = readAhead(read)
  const texts: MessageTexts['ranges'][number][] = []
  for (const range of ranges) {
    const octets = (await ahead(range.start, range.end)) ?? NOTHING
    texts.push({ ...range, part: leafOf(range.part), octets })
  }
  const { subject, from, to, cc, bcc } = prepared.keys
  return { fields: { subject, from, to, cc, bcc }, header, ranges: texts }
}

/** In a thread nothing has to make way for others. */
const here: Pool = {
  run: async (job, input) => ({ ok: true, value: await job.run(input) }),
  close: async () => undefined,
}

const bufferOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Buffer => Buffer.from(buffer, byteOffset, byteLength)

/** FUZZY looks at texts without marks. */
function addText(set: GramSet, place: TextPlace, text: string): void {
  set.add(place, text)
  const bare = plain(text)
  if (bare !== text) set.add(place, bare)
}

async function gramsOf({ fields, header, ranges }: MessageTexts): Promise<Grams> {
  const set = new GramSet()
  for (const field of FIELDS) {
    const text = fold(fields[field])
    addText(set, field, text)
    addText(set, 'header', text)
  }
  addText(set, 'header', headerText(bufferOf(header)))
  for (const range of ranges) {
    const octets = bufferOf(range.octets)
    const read: Read = async (start, end) => octets.subarray(start - range.start, end - range.start)
    let before = ''
    let bareBefore = ''
    for await (const { where, goesOn, text } of bodyPieces({ pool: here, by: '', read }, [range])) {
      const window = goesOn ? before + text : text
      const place = where === 'text' ? 'body' : 'fields'
      set.add(place, window)
      before = window.slice(-2)
      const bare = plain(text)
      const bareWindow = goesOn ? bareBefore + bare : bare
      if (bareWindow !== window) set.add(place, bareWindow)
      bareBefore = bareWindow.slice(-2)
    }
  }
  return set.grams()
}

/** @public the pool finds it by its name */
export async function messageGrams(messages: readonly MessageTexts[]): Promise<Grams[]> {
  const grams: Grams[] = []
  for (const message of messages) grams.push(await gramsOf(message))
  return grams
}

const MEGABYTE = 1024 * 1024
const job = defineJob(__filename, messageGrams, { time: 10_000, octetsIn: 64 * MEGABYTE, octetsOut: 16 * MEGABYTE })

/** whose work it is, for the pool */
const INDEX = 'text index'

/**
 * The grams of each message; undefined of one that takes too much work.
 * Rejects with `Unavailable` when no thread is free.
 */
export async function gramsOfAll(pool: Pool, messages: readonly MessageTexts[]): Promise<(Grams | undefined)[]> {
  if (messages.length === 0) return []
  const done = await pool.run(job, messages, INDEX)
  if (done.ok) return done.value
  if (done.fault.kind === 'busy') throw new Unavailable('no thread was free for the text index')
  if (messages.length === 1) return [undefined]
  const found: (Grams | undefined)[] = []
  // One of them is too much.
  for (const one of messages) found.push(...(await gramsOfAll(pool, [one])))
  return found
}
