import { headerText, type SearchedRange, searchedRanges } from '../../mime/text/search-text'
import { contains } from '../../search/contains'
import { createGrams, type Grams } from '../../search/grams'
import type { MessageRow } from '../../store/store'
import type { Pool } from '../../work/pool'
import { turn } from '../../work/turns'
import { encodedTexts, partTexts, type Read, readAhead } from './body-text'

/** Octets of a message that is read to its end although all was found, so that its grams are known. */
const MOST_READ_ON = 1024 * 1024
/** Octets of a header in which texts are looked for. */
export const MOST_HEADER = 128 * 1024

/** What is looked for, and how it stands in a header, where runs of blanks are one. */
export type Texts = ReadonlyMap<string, string>

/** Of the texts that were looked for, those that stand in the body, and those in fields of parts and of messages inside. */
export interface BodyMatches {
  readonly text: ReadonlySet<string>
  readonly fields: ReadonlySet<string>
}

export interface SearchedBody {
  readonly matches: BodyMatches
  /** of the header and of all that was read; undefined when it was not read to its end, or none were asked for */
  readonly grams: Grams | undefined
}

export interface BodyPorts {
  readonly pool: Pool
  /** whose work it is */
  readonly by: string
  readonly read: Read
}

/** Which texts stand in one body: it is read once, from front to back, and as far as is needed. */
class BodySearch {
  readonly #text = new Set<string>()
  readonly #fields = new Set<string>()
  /** texts that the body may have, and that it did not show yet */
  readonly #missing: Set<string>
  readonly #longest: number
  readonly #grams: ReturnType<typeof createGrams> | undefined
  /** to its end, whatever is found: the next searches need not look at it again */
  readonly #readsOn: boolean

  constructor(
    readonly ports: BodyPorts,
    readonly message: MessageRow,
    readonly texts: Texts,
    mayHave: readonly string[],
    /** the header's text, where grams are asked for */
    header: string | undefined,
  ) {
    this.#missing = new Set(mayHave)
    this.#longest = Math.max(0, ...[...texts.keys()].map(({ length }) => length))
    this.#grams = header === undefined ? undefined : createGrams(message.size)
    this.#readsOn = header !== undefined && message.size <= MOST_READ_ON
    this.#grams?.add(header ?? '')
  }

  async run(): Promise<SearchedBody> {
    const matches = { text: this.#text, fields: this.#fields }
    for (const range of searchedRanges(this.message.prepared.structure)) {
      if (!(await this.#searchRange(range))) return { matches, grams: undefined }
    }
    return { matches, grams: this.#grams?.grams }
  }

  readonly #read = readAhead((start, end) => this.ports.read(start, Math.min(end, this.message.size)))

  /** @returns whether there is something left to look for */
  async #searchRange({ kind, part, start, end }: SearchedRange): Promise<boolean> {
    const { pool, by } = this.ports
    switch (kind) {
      case 'text':
        return this.#searchPieces(partTexts(pool, by, part, this.#read))
      case 'fields': {
        const octets = await this.#read(start, Math.min(end, start + MOST_HEADER))
        return this.#search(headerText(octets ?? Buffer.alloc(0)), 'fields')
      }
      default: {
        const inside = await encodedTexts(pool, by, part, this.#read)
        return (await this.#search(inside.fields, 'fields')) && (await this.#search(inside.text, 'text'))
      }
    }
  }
  async #searchPieces(pieces: AsyncIterable<string>): Promise<boolean> {
    /** A text may begin in one piece and end in the next. */
    let before = ''
    for await (const piece of pieces) {
      const window = before + piece
      if (!(await this.#search(window, 'text'))) return false
      before = window.slice(-Math.max(2, this.#longest - 1))
    }
    return true
  }
  async #search(piece: string, where: 'text' | 'fields'): Promise<boolean> {
    const matches = where === 'text' ? this.#text : this.#fields
    for (const text of this.#missing) {
      if (contains(piece, where === 'text' ? text : (this.texts.get(text) ?? text))) matches.add(text)
      const wait = turn()
      if (wait !== undefined) await wait
    }
    // What the text has, the fields need not have.
    for (const text of this.#text) this.#missing.delete(text)
    this.#grams?.add(piece)
    return this.#missing.size > 0 || this.#readsOn
  }
}

/**
 * @param mayHave those of `texts` that the body is not known to be without
 * @param header the text of the message's header, when grams are to be made: they tell of header and body
 */
export const searchBody = (
  ports: BodyPorts,
  message: MessageRow,
  texts: Texts,
  mayHave: readonly string[],
  header: string | undefined,
): Promise<SearchedBody> => new BodySearch(ports, message, texts, mayHave, header).run()
