import { rawText } from '../../../mime/text/charset'
import { decodeWords } from '../../../mime/text/words'

/**
 * What a person reads of an ENVELOPE (RFC 9051 7.5.2), taken from the octets that were computed at delivery. They are kept as IMAP
 * sends them, in both stores and in millions of rows; a second copy with decoded names would cost every row to save few lists a
 * small parse. So this reads our own text back, and knows only what our own encoder writes.
 */
export interface Envelope {
  readonly subject: string
  readonly from: readonly Person[]
  readonly replyTo: readonly Person[]
  readonly to: readonly Person[]
  readonly cc: readonly Person[]
  readonly bcc: readonly Person[]
  readonly inReplyTo: string
  readonly messageId: string
}
/** @public what others return holds it */
export interface Person {
  /** decoded; may be empty */
  readonly name: string
  readonly address: string
}

type Value = string | undefined | readonly Value[]

/** Octets of a subject or a name that are decoded: nobody reads on. */
const LONGEST = 4000
/** An envelope has as many values. */
const FEWEST = 10

/**
 * Strings, literals, NIL and lists; written by our own encoder, so there is nothing to refuse.
 * @param most values of a list that are kept
 */
function parse(text: string, most: number): Value {
  let at = 0
  function quoted(): string {
    const start = at + 1
    for (at = start; at < text.length && text[at] !== '"'; at++) if (text[at] === '\\') at++
    return text.slice(start, at++).replace(/\\(.)/gs, '$1')
  }
  function literal(): string {
    const close = text.indexOf('}', at)
    const start = close + 3
    at = start + Number(text.slice(text.indexOf('{', at) + 1, close))
    return text.slice(start, at)
  }
  function list(): readonly Value[] {
    const values: Value[] = []
    for (at++; at < text.length && text[at] !== ')'; ) {
      if (text[at] === ' ') at++
      else if (values.length < most) values.push(value())
      else value()
    }
    at++
    return values
  }
  function value(): Value {
    if (text[at] === '(') return list()
    if (text[at] === '"') return quoted()
    if (text[at] === '{') return literal()
    at += 3
    return undefined
  }
  return value()
}

const textOf = (value: Value): string => (typeof value === 'string' ? value : '')
const words = (value: Value): string => decodeWords(textOf(value).slice(0, LONGEST))

/** An encoded word, or a phrase: what stands where an address should, and is a name. */
const NO_ADDRESS = /=\?.*\?=|\s/
/** All of it in one encoded word, the address too. */
const NAME_AND_ADDRESS = /^([^<>]*)<([^<>\s]+)>\s*$/

/** What has no domain is shown as it stands. */
function personOf(name: string, mailbox: string, host: string): Person | undefined {
  if (host !== '') return { name, address: rawText(`${mailbox}@${host}`) }
  if (!NO_ADDRESS.test(mailbox.slice(0, LONGEST)))
    return name || mailbox ? { name, address: rawText(mailbox) } : undefined
  const text = words(mailbox)
  const [, inside = '', address] = NAME_AND_ADDRESS.exec(text.slice(0, 1000)) ?? []
  return address === undefined ? { name: name || text, address: '' } : { name: name || inside.trim(), address }
}

function peopleOf(value: Value): readonly Person[] {
  if (typeof value === 'string' || value === undefined) return []
  const people: Person[] = []
  let group: { readonly name: string; readonly first: number } | undefined
  for (const entry of value) {
    if (typeof entry === 'string' || entry === undefined) continue
    const [name, , mailbox, host] = entry
    if (host !== undefined) {
      const person = personOf(words(name), textOf(mailbox), textOf(host))
      if (person) people.push(person)
    } else if (mailbox !== undefined) group = { name: words(mailbox), first: people.length }
    // RFC 9051 7.5.2: start and end of a group have no host. One without members is all that there is to show.
    else if (group?.first === people.length && group.name !== '') people.push({ name: group.name, address: '' })
  }
  return people
}

/** @param most people of each kind */
export function readEnvelope(octets: Buffer, most: number): Envelope {
  const value = parse(octets.toString('latin1'), Math.max(most, FEWEST))
  const [, subject, from, , replyTo, to, cc, bcc, inReplyTo, messageId] = Array.isArray(value) ? value : []
  return {
    subject: words(subject),
    from: peopleOf(from),
    replyTo: peopleOf(replyTo),
    to: peopleOf(to),
    cc: peopleOf(cc),
    bcc: peopleOf(bcc),
    inReplyTo: textOf(inReplyTo),
    messageId: textOf(messageId),
  }
}
