import { headerText, type SearchedRange } from '../../mime/text/search-text'
import type { Pool } from '../../work/pool'
import { encodedTexts, partTexts, type Read, readAhead } from './body-text'

/** Octets of a header in which texts are looked for. */
export const MOST_HEADER = 128 * 1024

export interface BodyPorts {
  readonly pool: Pool
  /** whose work it is */
  readonly by: string
  readonly read: Read
}

/** A piece of what a body says, as SEARCH compares it: of text, or of the fields of a part or of a message inside. */
export interface BodyPiece {
  readonly where: 'text' | 'fields'
  /** it stands right behind the piece before it: a word may begin there and end here */
  readonly goesOn: boolean
  readonly text: string
}

/** What stands in ranges of a message, from front to back. Both who looks for a text and who makes an index of it read it here. */
export async function* bodyPieces(ports: BodyPorts, ranges: Iterable<SearchedRange>): AsyncGenerator<BodyPiece> {
  const { pool, by } = ports
  const read = readAhead(ports.read)
  for (const { kind, part, start, end } of ranges) {
    switch (kind) {
      case 'text': {
        let goesOn = false
        for await (const text of partTexts(pool, by, part, read)) {
          yield { where: 'text', goesOn, text }
          goesOn = true
        }
        break
      }
      case 'fields': {
        const octets = await read(start, Math.min(end, start + MOST_HEADER))
        yield { where: 'fields', goesOn: false, text: headerText(octets ?? Buffer.alloc(0)) }
        break
      }
      default: {
        const { fields, text } = await encodedTexts(pool, by, part, read)
        yield { where: 'fields', goesOn: false, text: fields }
        yield { where: 'text', goesOn: false, text }
      }
    }
  }
}
