import type { MailRoom } from '../../../mailbox/mailbox'
import type { Part } from '../../../mime/prepared'
import { bodiesOf, isHtml, type Leaf, leavesOf } from '../../../mime/read/bodies'
import { parseDate } from '../../../mime/read/date'
import { fieldOf, parseFields } from '../../../mime/read/header'
import { messageIds } from '../../../mime/read/message-id'
import { htmlText } from '../../../mime/text/html-text'
import { readHtmlJob, readSmallHtml } from '../../../mime/text/read-html'
import { partText } from '../../../mime/text/text'
import { decodeWords } from '../../../mime/text/words'
import { encodeEnvelope } from '../../../mime/write/encode'
import { flag, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { turn } from '../../../work/turns'
import { person } from '../list/summary'
import { readEnvelope } from './envelope'
import { fileNameOf } from './file-name'
import { type Letter, octetsOf, opens, type Place } from './parts'

/** Characters of text that a page shows of a message; what is cut is a file as well. */
const MOST_TEXT = 1024 * 1024
/** Octets of a plain text that are read for them. */
const MOST_OCTETS = 2 * MOST_TEXT
/** Octets of HTML that are looked at; of what is more the beginning, as text. */
export const MOST_HTML = 16 * 1024 * 1024
const BEGINNING = 16 * 1024
/** People of each kind that are told. */
const MOST_PEOPLE = 500
/** Texts that a page shows; those after them are files. */
const MOST_BODIES = 100
/** Attached messages whose subject is looked up, and octets of their headers. */
const MOST_NAMES = 500
const MOST_HEADER = 64 * 1024
/** Pictures that all browsers show. */
const PICTURES = /^(?:png|jpe?g|pjpeg|x-png|gif|webp|bmp|avif)$/

const file = object({
  part: text(),
  name: text(),
  type: text(),
  size: whole(),
  /** a message that can be opened by itself */
  message: flag(),
})

/** What a page shows of a message. */
export const content = {
  subject: text(),
  from: list(person),
  replyTo: list(person),
  to: list(person),
  cc: list(person),
  bcc: list(person),
  sentAt: optional(whole()),
  messageId: text(),
  references: list(text()),
  size: whole(),
  /** all of it as text, for answers and for whoever shows no HTML */
  text: text(MOST_TEXT),
  hasHtml: flag(),
  /** what is shown, in order */
  bodies: list(
    object({
      part: text(),
      type: text(),
      text: text(MOST_TEXT),
      /** there is more text than that */
      cut: flag(),
      /** of HTML: what a browser makes of it, and whether that is more than it does at once */
      elements: optional(whole()),
      depth: optional(whole()),
      heavy: optional(flag()),
    }),
  ),
  /** pictures that the HTML shows by their Content-ID */
  pictures: list(object({ id: text(), part: text(), name: text(), type: text(), size: whole() })),
  /** everything that is not shown */
  attachments: list(file),
}

const typeOf = ({ type, subtype }: Part): string => `${type}/${subtype}`
/** Base64 is a third longer than what it holds. */
const sizeOf = ({ bodyStart, bodyEnd, encoding }: Part): number =>
  Math.round((bodyEnd - bodyStart) * (encoding === 'base64' ? 0.73 : 1))
const angleless = (id: string): string => id.trim().replace(/^<|>$/g, '')

interface Body {
  readonly leaf: Leaf
  readonly text: string
  readonly cut: boolean
  readonly html?: {
    readonly elements: number
    readonly depth: number
    readonly heavy: boolean
    readonly contentIds: readonly string[]
  }
}

async function plainBody(letter: Letter, leaf: Leaf, mostText: number): Promise<Body> {
  const { part } = leaf
  const end = Math.min(part.bodyEnd, part.bodyStart + MOST_OCTETS)
  const whole = partText(part, await octetsOf(letter, { bodyStart: part.bodyStart, bodyEnd: end }))
  return { leaf, text: whole.slice(0, mostText), cut: end < part.bodyEnd || whole.length > mostText }
}

async function htmlBody(letter: Letter, leaf: Leaf, mostText: number, pool: MailRoom['pool']): Promise<Body> {
  const { part } = leaf
  const size = part.bodyEnd - part.bodyStart
  const octets = await octetsOf(letter, {
    bodyStart: part.bodyStart,
    bodyEnd: part.bodyStart + Math.min(size, MOST_HTML),
  })
  const plainPart = { ...part, children: [] }
  const input = { part: plainPart, octets, mostText }
  const small = readSmallHtml(input)
  const done = small || size > MOST_HTML ? undefined : await pool.run(readHtmlJob, input, letter.mail.id)
  const read = small ?? (done?.ok ? done.value : undefined)
  if (read) {
    const { text: shown, cut, ...html } = read
    return { leaf, text: shown, cut, html }
  }
  // Too much for the thread, or the threads have too much: the beginning, as text.
  const beginning = partText(part, octets.subarray(0, BEGINNING))
  const { text: shown } = htmlText(beginning, { as: 'reading', mostText, time: 100 })
  return { leaf, text: shown, cut: true, html: { elements: 0, depth: 0, heavy: true, contentIds: [] } }
}

async function headerOf({ mail, row }: Place, part: Part, most = MOST_HEADER) {
  const end = Math.min(part.bodyStart, part.headerStart + most)
  const octets = (await mail.read(row.emailId, part.headerStart, end)) ?? Buffer.alloc(0)
  return parseFields(octets, 0, octets.length)
}

export async function subjectOf(place: Place, message: Part): Promise<string> {
  const fields = await headerOf(place, message)
  return decodeWords(fieldOf(fields, 'subject') ?? '')
}

/** What attached messages are called: by number of the part. */
async function subjectsOf(letter: Letter, leaves: readonly Leaf[]): Promise<Map<string, string>> {
  const subjects = new Map<string, string>()
  for (const { part, path } of leaves.filter(({ part: { message } }) => message).slice(0, MOST_NAMES)) {
    if (!part.message) continue
    await turn()
    subjects.set(path, await subjectOf(letter, part.message))
  }
  return subjects
}

/** One after the other, with an empty line between. */
const textOf = (bodies: readonly Body[]): string =>
  bodies
    .map((body, at) => (at < bodies.length - 1 ? `${body.text.trimEnd()}\n\n` : body.text))
    .join('')
    .slice(0, MOST_TEXT)

/** Everything that a page needs to know; octets of files are asked for by themselves. */
export async function contentOf(letter: Letter, pool: MailRoom['pool']) {
  const { row, root, inside } = letter
  const stored = inside.length === 0
  const fields = stored && row.prepared.header ? undefined : await headerOf(letter, root, row.size)
  const envelope = stored ? row.prepared.envelope : Buffer.from(encodeEnvelope(fields ?? []), 'latin1')
  const { inReplyTo: _replied, ...people } = readEnvelope(envelope, MOST_PEOPLE)
  const sentAt = stored ? row.prepared.keys.sentAt : parseDate(fieldOf(fields ?? [], 'date') ?? '')?.at
  const references = stored ? row.prepared.keys.references : messageIds(fieldOf(fields ?? [], 'references'))

  const shown = bodiesOf(root, inside)
  const bodies = new Map<string, Body>()
  let left = MOST_TEXT
  for (const leaf of [...shown.html.slice(0, MOST_BODIES), ...shown.text.slice(0, MOST_BODIES)]) {
    if (bodies.has(leaf.path)) continue
    await turn()
    const most = Math.max(0, left)
    const body = await (isHtml(leaf) ? htmlBody(letter, leaf, most, pool) : plainBody(letter, leaf, most))
    bodies.set(leaf.path, body)
    left -= body.text.length
  }
  const read = (leaves: readonly Leaf[]): Body[] =>
    leaves.flatMap(({ path }) => {
      const body = bodies.get(path)
      return body ? [body] : []
    })
  const page = read(shown.html)
  const inText = textOf(read(shown.text))

  const named = new Set(page.flatMap(({ html }) => (html && !html.heavy ? html.contentIds : [])))
  const inPage = ({ part }: Leaf): boolean =>
    part.type === 'image' && PICTURES.test(part.subtype) && part.id !== undefined && named.has(angleless(part.id))
  const leaves = leavesOf(root, inside)
  const listed = new Set([
    ...[...shown.files, ...shown.pictures]
      .filter((leaf) => !inPage(leaf) || leaf.part.disposition?.type === 'attachment')
      .map(({ path }) => path),
    // What is cut, or comes after the last that is shown.
    ...[...shown.html, ...shown.text].filter(({ path }) => bodies.get(path)?.cut !== false).map(({ path }) => path),
  ])
  const files = leaves.filter(({ path }) => listed.has(path))
  const subjects = await subjectsOf(letter, files)
  const fileOf = ({ part, path }: Leaf) => ({
    part: path,
    name: fileNameOf(part, subjects.get(path)),
    type: typeOf(part),
    size: sizeOf(part),
  })
  return {
    ...people,
    sentAt,
    references,
    size: stored ? row.size : root.bodyEnd - root.headerStart,
    // Some programs send an empty text beside their HTML.
    text: inText.trim() === '' ? textOf(page) : inText,
    hasHtml: page.some(({ html }) => html),
    bodies: page.map(({ leaf, text: bodyText, cut, html }) => ({
      part: leaf.path,
      type: typeOf(leaf.part),
      text: bodyText,
      cut,
      ...(html && { elements: html.elements, depth: html.depth, heavy: html.heavy }),
    })),
    pictures: leaves.filter(inPage).map((leaf) => ({ id: angleless(leaf.part.id ?? ''), ...fileOf(leaf) })),
    attachments: files.map((leaf) => ({ ...fileOf(leaf), message: opens(leaf.part) })),
  }
}
