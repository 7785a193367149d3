import { parseAddresses } from '../mime/addresses'
import { htmlText } from '../mime/html-text'
import type { Part } from '../mime/prepared'
import { parseStructure } from '../mime/structure'
import { partText } from '../mime/text'
import { decodeWords } from '../mime/words'

/** A message as tests see it; the structure is read when a test of the body asks for it first. */
export interface SieveMessage {
  readonly size: number
  /** decoded values of a field, in order */
  header(name: string): readonly string[]
  has(name: string): boolean
  /** addresses in a field, `local@domain`; a group's name alone is none */
  addresses(name: string): readonly string[]
  bodyRaw(): string
  /** decoded text of the parts of these types, as it is: `text`, `text/html`, `` (all) */
  bodyContent(types: readonly string[]): readonly string[]
  /** decoded text, of HTML what a person reads (RFC 5173 5.3) */
  bodyText(): readonly string[]
}

/** What a test of the body looks at, at most. */
const BODY_LIMIT = 1024 * 1024

function* leaves(part: Part): Generator<Part> {
  if (part.children.length > 0) for (const child of part.children) yield* leaves(child)
  else if (part.message) yield* leaves(part.message)
  else yield part
}

export function sieveMessage(octets: Buffer): SieveMessage {
  const root = parseStructure(octets)
  const raw = (name: string): readonly string[] =>
    root.fields.filter((field) => field.name === name.toLowerCase()).map(({ value }) => value)
  let budget = BODY_LIMIT
  const textOf = (part: Part): string => {
    const end = Math.min(part.bodyEnd, part.bodyStart + Math.max(0, budget))
    budget -= end - part.bodyStart
    return partText(part, octets.subarray(part.bodyStart, end))
  }
  const readable = (part: Part): string =>
    part.subtype === 'html' ? htmlText(textOf(part), { as: 'index' }).text : textOf(part)
  const content = (types: readonly string[], shown = textOf): readonly string[] => {
    budget = BODY_LIMIT
    return [...leaves(root.part)]
      .filter(({ type, subtype }) =>
        types.some((wanted) => {
          const name = wanted.toLowerCase()
          return name === '' || name === type || name === `${type}/${subtype}`
        }),
      )
      .map(shown)
  }
  return {
    size: octets.length,
    header: (name) => raw(name).map((value) => decodeWords(value)),
    has: (name) => raw(name).length > 0,
    addresses: (name) =>
      raw(name).flatMap((value) =>
        parseAddresses(value).flatMap(({ mailbox, host }) => (mailbox && host ? [`${mailbox}@${host}`] : [])),
      ),
    bodyRaw: () => octets.toString('utf8', root.part.bodyStart, root.part.bodyStart + BODY_LIMIT),
    bodyContent: (types) => content(types),
    bodyText: () => content(['text'], readable),
  }
}
