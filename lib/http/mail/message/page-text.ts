import type { MailRoom } from '../../../mailbox/mailbox'
import { isHtml, type Leaf } from '../../../mime/read/bodies'
import { htmlText } from '../../../mime/text/html-text'
import { readHtmlJob, readSmallHtml } from '../../../mime/text/read-html'
import { partText } from '../../../mime/text/text'
import { turn } from '../../../work/turns'
import { MOST_TEXT } from './content'
import { type Letter, octetsOf } from './parts'

/** Octets of HTML that are looked at; of what is more the beginning, as text. */
export const MOST_HTML = 16 * 1024 * 1024
const BEGINNING = 16 * 1024
/** Texts that a page shows; those after them are files. */
const MOST_BODIES = 100
/** Octets of a plain text that are read for what a page shows of it. */
const MOST_OCTETS = 2 * MOST_TEXT

/** The text of a part, as a page shows it. */
export interface PageText {
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

async function plainBody(letter: Letter, leaf: Leaf, mostText: number): Promise<PageText> {
  const { part } = leaf
  const end = Math.min(part.bodyEnd, part.bodyStart + MOST_OCTETS)
  const whole = partText(part, await octetsOf(letter, { bodyStart: part.bodyStart, bodyEnd: end }))
  return { leaf, text: whole.slice(0, mostText), cut: end < part.bodyEnd || whole.length > mostText }
}

async function htmlBody(letter: Letter, leaf: Leaf, mostText: number, pool: MailRoom['pool']): Promise<PageText> {
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

/** What a page shows of a message, by the parts' numbers: no more than it can show in all. */
export async function pageTexts(
  letter: Letter,
  { html, text }: { readonly html: readonly Leaf[]; readonly text: readonly Leaf[] },
  pool: MailRoom['pool'],
): Promise<ReadonlyMap<string, PageText>> {
  const texts = new Map<string, PageText>()
  let left = MOST_TEXT
  for (const leaf of [...html.slice(0, MOST_BODIES), ...text.slice(0, MOST_BODIES)]) {
    if (texts.has(leaf.path)) continue
    await turn()
    const most = Math.max(0, left)
    const read = await (isHtml(leaf) ? htmlBody(letter, leaf, most, pool) : plainBody(letter, leaf, most))
    texts.set(leaf.path, read)
    left -= read.text.length
  }
  return texts
}

/** One after the other, with an empty line between. */
export const joined = (texts: readonly PageText[]): string =>
  texts
    .map(({ text }, index) => (index < texts.length - 1 ? `${text.trimEnd()}\n\n` : text))
    .join('')
    .slice(0, MOST_TEXT)
