// @ts-check

/** How mail programs mark what was written before. */
const QUOTES =
  '.gmail_quote, .gmail_quote_container, blockquote[type="cite"], .yahoo_quoted, .protonmail_quote, .moz-forward-container'
/** Characters; what is shorter may stay. */
const SHORT = 200
const FORWARDED = /^\s*[-_*\s]*(?:forwarded message|begin forwarded|original message|weitergeleitete)/i

/** Of the frame. */
export const FOLD_STYLE = `
details.mailbox-quote > summary { cursor: pointer; color: #586070; font: 13px system-ui, sans-serif; margin: 8px 0; }
html.dark details.mailbox-quote > summary { color: #a3abb8; }
`

/**
 * The text before or behind an element.
 * @param {Element} root
 * @param {Element} element
 * @param {'before' | 'behind'} where
 */
function textBeside(root, element, where) {
  const range = new Range()
  range.selectNodeContents(root)
  if (where === 'before') range.setEndBefore(element)
  else range.setStartAfter(element)
  return range.toString().trim()
}

/**
 * The quote that ends a message is folded: it is what everybody has read before. What is forwarded is what was sent.
 * @param {Element} root
 */
export function foldQuote(root) {
  const body = root.querySelector('body') ?? root
  const quote = [...body.querySelectorAll(QUOTES)].find((found) => !found.parentElement?.closest(QUOTES))
  const text = quote?.textContent ?? ''
  if (!quote || text.length < SHORT || FORWARDED.test(text)) return
  if (textBeside(body, quote, 'behind') !== '' || textBeside(body, quote, 'before') === '') return
  const { ownerDocument } = quote
  const details = ownerDocument.createElement('details')
  details.className = 'mailbox-quote'
  const summary = ownerDocument.createElement('summary')
  summary.textContent = 'Quoted text'
  quote.replaceWith(details)
  details.append(summary, quote)
}
