import type { MailRoom } from '../../../mailbox/mailbox'
import type { Part } from '../../../mime/prepared'
import { bodiesOf, type Leaf, leavesOf } from '../../../mime/read/bodies'
import { parseDate } from '../../../mime/read/date'
import { fieldOf } from '../../../mime/read/header'
import { messageIds } from '../../../mime/read/message-id'
import { encodeEnvelope } from '../../../mime/write/encode'
import { readEnvelope } from './envelope'
import { fileNameOf } from './file-name'
import { joined, type PageText, pageTexts } from './page-text'
import { canOpen, type Letter } from './parts'
import { headerOf, subjectsOf } from './subjects'

/** People of each kind that are told. */
const MOST_PEOPLE = 500
/** Pictures that all browsers show. */
const PICTURES = /^(?:png|jpe?g|pjpeg|x-png|gif|webp|bmp|avif)$/

const typeOf = ({ type, subtype }: Part): string => `${type}/${subtype}`
/** Base64 is a third longer than what it holds. */
const sizeOf = ({ bodyStart, bodyEnd, encoding }: Part): number =>
  Math.round((bodyEnd - bodyStart) * (encoding === 'base64' ? 0.73 : 1))
const angleless = (id: string): string => id.trim().replace(/^<|>$/g, '')

/** What the header says. Of a stored message it was read at delivery. */
async function headOf(letter: Letter) {
  const { row, root, inside } = letter
  const stored = inside.length === 0
  const fields = stored && row.prepared.header ? [] : await headerOf(letter, root, row.size)
  const envelope = stored ? row.prepared.envelope : Buffer.from(encodeEnvelope(fields), 'latin1')
  const { inReplyTo: _replied, ...people } = readEnvelope(envelope, MOST_PEOPLE)
  return {
    ...people,
    sentAt: stored ? row.prepared.keys.sentAt : parseDate(fieldOf(fields, 'date') ?? '')?.at,
    references: stored ? row.prepared.keys.references : messageIds(fieldOf(fields, 'references')),
    size: stored ? row.size : root.bodyEnd - root.headerStart,
  }
}

/** Everything that a page needs to know; octets of files are asked for by themselves. */
export async function contentOf(letter: Letter, pool: MailRoom['pool']) {
  const { root, inside } = letter
  const head = await headOf(letter)
  const shown = bodiesOf(root, inside)
  const texts = await pageTexts(letter, shown, pool)
  const read = (leaves: readonly Leaf[]): PageText[] => leaves.flatMap(({ path }) => texts.get(path) ?? [])
  const page = read(shown.html)
  const asText = joined(read(shown.text))

  const contentIds = new Set(page.flatMap(({ html }) => (html && !html.heavy ? html.contentIds : [])))
  const inPage = ({ part }: Leaf): boolean =>
    part.type === 'image' && PICTURES.test(part.subtype) && part.id !== undefined && contentIds.has(angleless(part.id))
  const leaves = leavesOf(root, inside)
  const listed = new Set([
    ...[...shown.files, ...shown.pictures]
      .filter((leaf) => !inPage(leaf) || leaf.part.disposition?.type === 'attachment')
      .map(({ path }) => path),
    // What is cut, or comes after the last that is shown.
    ...[...shown.html, ...shown.text].filter(({ path }) => texts.get(path)?.cut !== false).map(({ path }) => path),
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
    ...head,
    // Some programs send an empty text beside their HTML.
    text: asText.trim() === '' ? joined(page) : asText,
    hasHtml: page.some(({ html }) => html),
    bodies: page.map(({ leaf, text, cut, html }) => ({
      ...{ part: leaf.path, type: typeOf(leaf.part), text, cut },
      ...(html && { elements: html.elements, depth: html.depth, heavy: html.heavy }),
    })),
    pictures: leaves.filter(inPage).map((leaf) => ({ id: angleless(leaf.part.id ?? ''), ...fileOf(leaf) })),
    attachments: files.map((leaf) => ({ ...fileOf(leaf), message: canOpen(leaf.part) })),
  }
}
