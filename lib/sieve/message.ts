import type { Part } from '../mime/prepared'
import { parseAddresses } from '../mime/read/addresses'
import { messageFields, unfoldedText } from '../mime/read/header'
import { type Node, parseStructure } from '../mime/read/structure'
import { htmlText } from '../mime/text/html-text'
import { partText } from '../mime/text/text'
import { decodeWords } from '../mime/text/words'
import type { Budget } from './budget'

/** A message as tests see it. Each thing is read when a test asks for it first, and counted. */
export interface SieveMessage {
  /** octets */
  size(): number
  /** values of a field, latin1, in order */
  raw(name: string): readonly string[]
  /** encoded words read, blanks of a fold as one */
  decode(raw: string): string
  /** of such a value: `local@domain`; a value without one address is given as a whole, for people who look for it */
  addresses(raw: string): readonly string[]
  bodyRaw(): string
  /**
   * RFC 5173 5.2: what the parts of these types (`text`, `text/html`, `` for all) have by themselves: decoded text; of a multipart
   * what stands before and after its parts, of a message its header.
   */
  bodyContent(types: readonly string[]): readonly string[]
  /** decoded text, of HTML what a person reads (RFC 5173 5.3) */
  bodyText(): readonly string[]
  /** the MIME tree (RFC 5703) */
  root(): Node
  /** decoded text of a part, of HTML what a person reads; its first octets */
  readable(part: Part): string
  /** RFC 5293: with what the script has changed; undefined: as it came */
  edited(): Buffer | undefined
  octets(): Buffer
  edit(octets: Buffer): void
}

/** Octets that tests of the body look at, at most; of HTML fewer, because it is dearer to read. */
const BODY_LIMIT = 1024 * 1024
const HTML_LIMIT = 256 * 1024
const HTML_COST = 1.5
/** milliseconds */
const HTML_TIME = 50
/** Parts that scripts look at: some milliseconds on the loop. */
const MOST_PARTS = 1000
/** Octets of a field of addresses that are looked at, and what each costs. */
const ADDRESS_LIMIT = 128 * 1024
const ADDRESS_COST = 4
/** Octets that are decoded, or of which text is made, in the time of a step. */
const DECODED = 12
/** The same for octets whose structure is found. */
const PARSED = 256

function* allParts(part: Part): Generator<Part> {
  yield part
  for (const child of part.children) yield* allParts(child)
  if (part.message) yield* allParts(part.message)
}
const isLeaf = ({ children, message }: Part): boolean => children.length === 0 && !message

/** What a container has by itself, and the delimiter line that lies there and is none of it. */
interface OwnText {
  readonly start: number
  readonly end: number
  readonly delimiter?: RegExp
}
function ownTexts({ children, message, bodyStart, bodyEnd }: Part): readonly OwnText[] {
  if (message) return [{ start: message.headerStart, end: message.bodyStart }]
  const [first, last] = [children[0], children.at(-1)]
  if (!first || !last) return []
  return [
    { start: bodyStart, end: first.headerStart, delimiter: /(?:^|\r?\n)--[^\n]*\n?$/ },
    { start: last.bodyEnd, end: bodyEnd, delimiter: /^\r?\n?--[^\n]*(?:\n|$)/ },
  ]
}

/** The header's values are looked up by name once. */
function byName(octets: Buffer): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>()
  for (const { name, value } of messageFields(octets)) {
    const known = values.get(name)
    if (known) known.push(value)
    else values.set(name, [value])
  }
  return values
}

export function sieveMessage(original: Buffer, budget: Budget): SieveMessage {
  let octets = original
  let root: Node | undefined
  let partsOfTree: readonly Part[] | undefined
  let fields: ReadonlyMap<string, readonly string[]> | undefined
  const decoded = new Map<string, string>()
  const addressed = new Map<string, readonly string[]>()
  const raws = new Map<Part, string>()
  const texts = new Map<Part, string>()
  const readables = new Map<Part, string>()

  const tree = (): Node => {
    if (!root) budget.spend(octets.length / PARSED)
    root ??= parseStructure(octets, MOST_PARTS)
    return root
  }
  function once<K, V>(known: Map<K, V>, key: K, cost: number, make: () => V): V {
    const before = known.get(key)
    if (before !== undefined) return before
    budget.spend(1 + cost)
    const made = make()
    known.set(key, made)
    return made
  }
  function textOf(part: Part, limit = BODY_LIMIT): string {
    const end = Math.min(part.bodyEnd, part.bodyStart + Math.max(0, limit))
    return once(texts, part, (end - part.bodyStart) / DECODED, () =>
      partText(part, octets.subarray(part.bodyStart, end)),
    )
  }
  function readable(part: Part, limit: number): string {
    if (part.subtype !== 'html') return textOf(part, limit)
    const html = textOf(part, limit).slice(0, HTML_LIMIT)
    return once(readables, part, HTML_COST * html.length, () => htmlText(html, { as: 'index', time: HTML_TIME }).text)
  }
  function ownText({ start, end, delimiter }: OwnText, limit: number): string {
    const stop = Math.min(end, start + limit)
    budget.spend(1 + (stop - start) / DECODED)
    const text = octets.toString('utf8', start, stop)
    return delimiter ? text.replace(delimiter, '') : text
  }
  /** @param containers also multiparts and messages */
  function parts(
    types: readonly string[],
    containers: boolean,
    shown: (part: Part, limit: number) => string,
  ): readonly string[] {
    let left = BODY_LIMIT
    const wanted = types.map((type) => type.toLowerCase())
    partsOfTree ??= [...allParts(tree().part)]
    return partsOfTree.flatMap((part) => {
      budget.spend(4 + wanted.length)
      const { type, subtype } = part
      if (!wanted.some((name) => name === '' || name === type || name === `${type}/${subtype}`)) return []
      if (!isLeaf(part)) {
        if (!containers) return []
        return ownTexts(part).map((own) => {
          const text = ownText(own, left)
          left -= Math.min(left, own.end - own.start)
          return text
        })
      }
      const text = shown(part, left)
      left -= Math.min(left, part.bodyEnd - part.bodyStart)
      return [text]
    })
  }

  return {
    size: () => octets.length,
    raw: (name) => {
      fields ??= byName(octets)
      return fields.get(name.toLowerCase()) ?? []
    },
    decode: (raw) => once(decoded, raw, raw.length / DECODED, () => unfoldedText(decodeWords(raw))),
    addresses: (raw) =>
      once(addressed, raw, ADDRESS_COST * Math.min(raw.length, ADDRESS_LIMIT), () => {
        const found = parseAddresses(raw.slice(0, ADDRESS_LIMIT))
        const whole = found.flatMap(({ mailbox, host }) => (mailbox && host ? [`${mailbox}@${host}`] : []))
        const group = found.some(({ host }) => host === undefined)
        return whole.length > 0 || group || raw === '' ? whole : [raw]
      }),
    bodyRaw: () => {
      const { bodyStart } = tree().part
      return once(raws, tree().part, Math.min(BODY_LIMIT, octets.length) / DECODED, () =>
        octets.toString('utf8', bodyStart, bodyStart + BODY_LIMIT),
      )
    },
    bodyContent: (types) => parts(types, true, textOf),
    bodyText: () => parts(['text'], false, readable),
    root: tree,
    readable: (part) => readable(part, BODY_LIMIT),
    edited: () => (octets === original ? undefined : octets),
    octets: () => octets,
    edit: (changed) => {
      octets = changed
      root = undefined
      fields = undefined
      partsOfTree = undefined
      raws.clear()
      texts.clear()
      readables.clear()
    },
  }
}
