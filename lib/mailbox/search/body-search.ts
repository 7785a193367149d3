import { searchedRanges } from '../../mime/text/search-text'
import { contains } from '../../search/contains'
import type { MessageRow } from '../../store/store'
import { turn } from '../../work/turns'
import { type BodyPorts, bodyPieces } from './body-pieces'

/** What is looked for, and how it stands in a header, where runs of blanks are one. */
export type Texts = ReadonlyMap<string, string>

/** Of the texts that were looked for, those that stand in the body, and those in fields of parts and of messages inside. */
export interface BodyMatches {
  readonly text: ReadonlySet<string>
  readonly fields: ReadonlySet<string>
}

/** Which texts stand in one body: it is read once, from front to back, and as far as is needed. */
export async function searchBody(ports: BodyPorts, message: MessageRow, texts: Texts): Promise<BodyMatches> {
  const matches = { text: new Set<string>(), fields: new Set<string>() }
  const missing = new Set(texts.keys())
  const longest = Math.max(0, ...[...missing].map(({ length }) => length))
  const read: BodyPorts['read'] = (start, end) => ports.read(start, Math.min(end, message.size))
  let before = ''
  for await (const { where, goesOn, text } of bodyPieces(
    { ...ports, read },
    searchedRanges(message.prepared.structure),
  )) {
    const window = goesOn ? before + text : text
    for (const wanted of missing) {
      if (contains(window, where === 'text' ? wanted : (texts.get(wanted) ?? wanted))) matches[where].add(wanted)
      const wait = turn()
      if (wait !== undefined) await wait
    }
    // What the text has, the fields need not have.
    for (const found of matches.text) missing.delete(found)
    if (missing.size === 0) break
    before = longest > 1 ? window.slice(1 - longest) : ''
  }
  return matches
}
