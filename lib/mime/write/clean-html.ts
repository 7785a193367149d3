import { type DefaultTreeAdapterTypes, defaultTreeAdapter, parseFragment, serialize } from 'parse5'
import { defineJob } from '../../work/job'
import { htmlShape } from '../text/html-shape'
import { htmlText } from '../text/html-text'

/** HTML that somebody wrote, as it goes out: a few elements, no style, no script, nothing from elsewhere; and its text. */
export interface WrittenHtml {
  readonly html: string
  readonly text: string
}

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '))
const ELEMENTS = words(
  'a b blockquote br code div em h1 h2 h3 h4 hr i img li ol p pre s span strike strong sub sup table tbody td th thead tr u ul',
)
/** What is inside of them is nobody's text. */
const SILENT = words('script style title template noscript iframe object embed svg math head select textarea')
const ATTRIBUTES: Readonly<Record<string, RegExp>> = {
  href: /^(?:https?:\/\/|mailto:|tel:)/i,
  src: /^cid:/i,
  alt: /^/,
  width: /^\d{1,4}$/,
  height: /^\d{1,4}$/,
  colspan: /^\d{1,3}$/,
  rowspan: /^\d{1,3}$/,
  type: /^cite$/,
}
const WHERE: Readonly<Record<string, readonly string[]>> = {
  a: ['href'],
  img: ['src', 'alt', 'width', 'height'],
  td: ['colspan', 'rowspan'],
  th: ['colspan', 'rowspan'],
  blockquote: ['type'],
}

type Parent = DefaultTreeAdapterTypes.ParentNode

function cleanInto(target: Parent, source: Parent): void {
  for (const node of source.childNodes) {
    if (node.nodeName === '#text' && 'value' in node) {
      defaultTreeAdapter.insertText(target, node.value)
    } else if ('tagName' in node && !SILENT.has(node.tagName)) {
      // What is not known is left out, and what is in it stays.
      const known = ELEMENTS.has(node.tagName)
      const allowed = node.attrs.filter(
        ({ name, value }) => WHERE[node.tagName]?.includes(name) && ATTRIBUTES[name]?.test(value.trim()),
      )
      if (node.tagName === 'img' && !allowed.some(({ name }) => name === 'src')) continue
      if (!known) {
        cleanInto(target, node)
        continue
      }
      const clean = defaultTreeAdapter.createElement(node.tagName, node.namespaceURI, allowed)
      defaultTreeAdapter.appendChild(target, clean)
      cleanInto(clean, node)
    }
  }
}

/** @public the pool finds it by its name. @returns undefined: it is more than browsers show at once */
export function writeHtml(written: string): WrittenHtml | undefined {
  if (htmlShape(written).heavy) return undefined
  const page = defaultTreeAdapter.createDocumentFragment()
  cleanInto(page, parseFragment(written))
  const html = serialize(page)
  const { text } = htmlText(html, { as: 'reading' })
  return { html, text }
}

export const writeHtmlJob = defineJob(__filename, writeHtml, {
  time: 3000,
  octetsIn: 8 * 1024 * 1024,
  octetsOut: 24 * 1024 * 1024,
})
