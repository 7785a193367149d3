import { searchedRanges } from '../../mime/text/search-text'
import { contains } from '../../search/contains'
import { cutWord, nearness, plain, wordsOf } from '../../search/near'
import type { MessageRow } from '../../store/store'
import { turn } from '../../work/turns'
import { type BodyPiece, type BodyPorts, bodyPieces } from './body-pieces'

/** What is looked for. */
export interface Wanted {
  /** and how each stands in a header, where runs of blanks are one */
  readonly texts: ReadonlyMap<string, string>
  /** words like these */
  readonly words: ReadonlySet<string>
}

/** Of the texts that were looked for, those that stand in the body, and those in fields of parts and of messages inside. */
export interface BodyMatches {
  readonly text: ReadonlySet<string>
  readonly fields: ReadonlySet<string>
  /** how near the nearest word is; one that has none near is not there */
  readonly nearInText: ReadonlyMap<string, number>
  readonly nearInFields: ReadonlyMap<string, number>
}

/** The nearest of each word, in pieces that follow each other. */
class NearWords {
  readonly text = new Map<string, number>()
  readonly fields = new Map<string, number>()
  /** of none of these the text has the word itself */
  readonly missing: Set<string>
  #cut = ''

  constructor(words: ReadonlySet<string>) {
    this.missing = new Set(words)
  }

  async look({ where, goesOn, text }: BodyPiece): Promise<void> {
    if (this.missing.size === 0) return
    const window = goesOn ? this.#cut + text : text
    this.#cut = cutWord(window)
    const words = wordsOf(plain(window))
    await turn()
    for (const wanted of this.missing) {
      const near = nearness(wanted, words)
      if (near > (this[where].get(wanted) ?? 0)) this[where].set(wanted, near)
      await turn()
    }
    for (const [word, near] of this.text) if (near === 1) this.missing.delete(word)
  }
}

/** Which texts stand in one body: it is read once, from front to back, and as far as is needed. */
export async function searchBody(ports: BodyPorts, message: MessageRow, wanted: Wanted): Promise<BodyMatches> {
  const { texts } = wanted
  const near = new NearWords(wanted.words)
  const matches = {
    nearInText: near.text,
    nearInFields: near.fields,
    text: new Set<string>(),
    fields: new Set<string>(),
  }
  const missing = new Set(texts.keys())
  const longest = Math.max(0, ...[...missing].map(({ length }) => length))
  const read: BodyPorts['read'] = (start, end) => ports.read(start, Math.min(end, message.size))
  let before = ''
  for await (const piece of bodyPieces({ ...ports, read }, searchedRanges(message.prepared.structure))) {
    await near.look(piece)
    const { where, goesOn, text } = piece
    const window = goesOn ? before + text : text
    for (const one of missing) {
      if (contains(window, where === 'text' ? one : (texts.get(one) ?? one))) matches[where].add(one)
      const wait = turn()
      if (wait !== undefined) await wait
    }
    // What the text has, the fields need not have.
    for (const found of matches.text) missing.delete(found)
    if (missing.size === 0 && near.missing.size === 0) break
    before = longest > 1 ? window.slice(1 - longest) : ''
  }
  return matches
}
