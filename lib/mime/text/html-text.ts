import { SAXParser, type StartTag } from 'parse5-sax-parser'
import { createLines } from './html-lines'

export interface HtmlTextOptions {
  /**
   * `reading`: as a person reads and quotes it, with the addresses of links and `> ` before quotes, without what is hidden;
   * `index`: the words, for previews, search and rules
   */
  readonly as: 'reading' | 'index'
  /** characters of HTML that are read */
  readonly mostInput?: number
  /** characters of text that are made */
  readonly mostText?: number
  /** milliseconds */
  readonly time?: number
}

export interface HtmlText {
  readonly text: string
  /** there was more than the bounds allow; the text is that of the beginning */
  readonly cut: boolean
}

/** A page is read in pieces of this size; between them it can be stopped. */
const PIECE = 32 * 1024
const MOST_INPUT = 16 * 1024 * 1024
const MOST_TEXT = 4 * 1024 * 1024
const MOST_TIME = 2000
const MOST_ELEMENTS = 500_000
/** The parser's time grows with the square of nested `<svg>` and `<math>`; mail has a handful. */
const MOST_FOREIGN = 2000
const MOST_LISTS = 100
/** Longer addresses hold data, not a place. */
const MOST_ADDRESS = 2000
const MOST_STYLE = 5000

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
/** Their text is not shown. */
const SILENT = words('script style title template noscript iframe noembed noframes datalist desc')
const VOID = words('area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr')
/** They begin and end lines. */
const BLOCKS = words(
  'address article aside body caption center dd details dialog dir div dt fieldset figcaption footer form header hgroup html legend main menu nav optgroup option search section summary table tbody tfoot thead tr',
)
/** An empty line stands around them. */
const PARAGRAPHS = words('dl figure h1 h2 h3 h4 h5 h6 hr listing p pre xmp')
const PREFORMATTED = words('listing pre textarea xmp')
/** Their end tag may be left out, so what is hidden in them has no certain end. */
const END_IMPLIED = words('body colgroup dd dt html li optgroup option p rp rt tbody td tfoot th thead tr')
const HIDDEN = /(?:^|;)\s*display\s*:\s*none\b/i
const ADDRESS = /^(?:https?|ftp|mailto|tel):/i

const attribute = ({ attrs }: StartTag, name: string): string | undefined =>
  attrs.find((attr) => attr.name === name)?.value

const isHidden = (tag: StartTag): boolean =>
  attribute(tag, 'hidden') !== undefined || HIDDEN.test((attribute(tag, 'style') ?? '').slice(0, MOST_STYLE))

/** Where a link leads, or '' for what is no address elsewhere. */
function addressOf(tag: StartTag): string {
  const href = (attribute(tag, 'href') ?? '').slice(0, MOST_ADDRESS + 1).trim()
  if (href.length > MOST_ADDRESS || !ADDRESS.test(href)) return ''
  return href.replace(/^mailto:/i, '').replace(/[\s<>]/g, encodeURIComponent)
}

/** A link whose text is its address needs no second one. */
const bare = (address: string): string =>
  address
    .trim()
    .replace(/^(?:(?:https?|ftp):\/\/|tel:)/i, '')
    .replace(/\/$/, '')
    .toLowerCase()

class Reader extends SAXParser {
  /** At once, in pieces, as long as `goesOn` says so. */
  readAll(html: string, goesOn: () => boolean): void {
    for (let at = 0; at < html.length && goesOn(); at += PIECE) this._transformChunk(html.slice(at, at + PIECE))
    this._final(() => undefined)
  }
}

/**
 * Text of HTML. Reads what browsers read (WHATWG HTML 13.2) and takes time in proportion to it; never throws.
 * Large pages belong in a thread of their own: a megabyte takes a tenth of a second.
 */
export function htmlText(html: string, options: HtmlTextOptions): HtmlText {
  const { as, mostInput = MOST_INPUT, mostText = MOST_TEXT, time = MOST_TIME } = options
  const reading = as === 'reading'
  const deadline = performance.now() + time
  const lines = createLines(mostText)
  const reader = new Reader()
  let stopped = false
  let elements = 0
  let foreign = 0
  let lists = 0
  let preformatted = 0
  /** the element whose text is not shown, and how many of its name are open */
  let silent: { readonly name: string; open: number } | undefined
  let link: { readonly address: string; text: string; alt: string } | undefined

  function stop(): void {
    stopped = true
    reader.stop()
  }
  function add(chars: string): void {
    if (link && link.text.length <= MOST_ADDRESS) link.text += chars
    if (preformatted > 0) lines.preformatted(chars)
    else lines.text(chars)
    if (lines.full) stop()
  }
  function closeLink(): void {
    if (!link) return
    const { address, text, alt } = link
    link = undefined
    const shown = text.trim()
    if (address === '' || (shown === '' && alt === '') || bare(shown) === bare(address)) return
    if (shown === '') lines.text(alt)
    lines.blank()
    lines.text(`<${address}>`)
  }

  function silences(tag: StartTag): boolean {
    const { tagName, selfClosing } = tag
    if (silent) {
      if (tagName === silent.name && !selfClosing) silent.open++
      return true
    }
    if (VOID.has(tagName) || selfClosing) return false
    const hides = SILENT.has(tagName) || (reading && !END_IMPLIED.has(tagName) && isHidden(tag))
    if (hides) silent = { name: tagName, open: 1 }
    return hides
  }

  reader.on('startTag', (tag) => {
    const { tagName } = tag
    if (++elements > MOST_ELEMENTS) return stop()
    if ((tagName === 'svg' || tagName === 'math') && ++foreign > MOST_FOREIGN) return stop()
    if (silences(tag)) return
    if (BLOCKS.has(tagName)) lines.block('line')
    else if (PARAGRAPHS.has(tagName)) lines.block('paragraph')
    if (PREFORMATTED.has(tagName)) preformatted++
    switch (tagName) {
      case 'br':
        return lines.lineEnd()
      case 'td':
      case 'th':
        return lines.cell()
      case 'ul':
      case 'ol':
        if (++lists > MOST_LISTS) return
        return lines.openList(tagName === 'ol' ? Number.parseInt(attribute(tag, 'start') ?? '1', 10) || 1 : undefined)
      case 'li':
        return lines.item()
      case 'blockquote':
        return reading ? lines.openQuote() : lines.block('paragraph')
      case 'a':
        closeLink()
        if (reading) link = { address: addressOf(tag), text: '', alt: '' }
        return
      case 'img':
        if (link && link.alt === '') link.alt = (attribute(tag, 'alt') ?? '').slice(0, 200).trim()
        return
    }
  })
  reader.on('endTag', ({ tagName }) => {
    if (silent) {
      if (tagName === silent.name && --silent.open === 0) silent = undefined
      return
    }
    if (BLOCKS.has(tagName) || tagName === 'li') lines.block('line')
    else if (PARAGRAPHS.has(tagName)) lines.block('paragraph')
    if (PREFORMATTED.has(tagName)) preformatted = Math.max(0, preformatted - 1)
    switch (tagName) {
      case 'td':
      case 'th':
        return lines.cell()
      case 'ul':
      case 'ol':
        if (lists > 0 && lists-- <= MOST_LISTS) lines.closeList()
        return
      case 'blockquote':
        return reading ? lines.closeQuote() : lines.block('paragraph')
      case 'a':
        return closeLink()
    }
  })
  reader.on('text', ({ text }) => {
    if (!silent) add(text)
  })

  reader.readAll(html.slice(0, mostInput), () => {
    if (performance.now() > deadline) stop()
    return !stopped
  })
  closeLink()
  return { text: lines.result(), cut: stopped || lines.full || html.length > mostInput }
}
