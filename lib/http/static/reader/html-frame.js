// @ts-check
/** @import { MessagePlace, Picture } from '../base/types' */
import { octetsOf } from '../base/api.js'
import { h } from '../base/dom.js'
import { cleaner, withoutRemote } from './clean-html.js'
import { DIM_STYLE, isLight } from './dim.js'
import { fit } from './fit-frame.js'
import { FOLD_STYLE, foldQuote } from './fold-quote.js'
import { withOwnPictures } from './own-pictures.js'

/**
 * HTML of messages. Two walls, each of which lets no script run: DOMPurify cleans it, and the frame that shows it is
 * sandboxed and has a policy of its own (lib/http/pages/frame.ts), which also is what lets nothing load until the
 * person asks.
 */
const SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'
/** A look at what a message says of colours: one that says nothing takes those of the page. */
const COLOURED = 'style, [style*="color" i], [style*="background" i], [bgcolor], [color], [background], body[text]'
const PAPER = `
html, body { height: auto !important; min-height: 0 !important; }
html { color: #1b1d21; color-scheme: light; overflow-wrap: anywhere; }
html.dark { background: DARKPANEL; color: DARKTEXT; color-scheme: dark; }
body { margin: 16px 24px 24px; font: 15px/1.55 system-ui, sans-serif; }
@media (max-width: 600px) { body { margin: 12px 16px 20px; } }
img:not([width]):not([height]) { max-width: 100%; }
pre { white-space: pre-wrap; }
@media print { html.dark { background: #fff; color: #1b1d21; } html.dim, html.dim * { filter: none !important; } }
blockquote { margin: 0 0 0 .5em; padding-left: .8em; border-left: 3px solid #99a; }
${FOLD_STYLE}${DIM_STYLE}`

/**
 * @typedef {object} Source
 * @property {MessagePlace} place
 * @property {string} part
 * @property {readonly Picture[]} pictures of the message itself
 * @property {boolean} images those from elsewhere, too
 * @property {boolean} ownColours a light message stays light on a dark page
 */
/** @typedef {'whole' | 'without-remote' | 'failed'} Shown without-remote: something from elsewhere is left out */

/**
 * @param {Source} source
 * @param {(shown: Shown) => void} told
 */
export function htmlFrame({ place, part, pictures, images, ownColours }, told) {
  /** @type {string[]} */
  const addresses = []
  const frame = h('iframe', {
    class: 'html',
    title: 'Text of the message',
    sandbox: SANDBOX,
    referrerpolicy: 'no-referrer',
    src: `/mail/frame${images ? '?images=1' : ''}`,
  })
  const html = octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/html', { ...place, part }).then((blob) => blob.text())
  html.catch(() => undefined)

  async function show() {
    const { contentWindow, contentDocument } = frame
    // A frame has its window as a global, with all that DOMPurify asks for.
    const clean = await cleaner(/** @type {Window & typeof globalThis} */ (contentWindow))
    const root = clean(await html)
    if (!frame.isConnected || !contentDocument) return
    const remote = withoutRemote(root, images)
    const own = withOwnPictures(root, pictures, place)
    foldQuote(root)
    put(root, contentDocument)
    fit(frame, contentDocument)
    if (isDark() && !ownColours) dim(frame, contentDocument)
    passKeys(frame, contentDocument)
    passAddresses(frame, contentDocument)
    told(remote && !images ? 'without-remote' : 'whole')
    for (const done of await Promise.allSettled(own)) if (done.status === 'fulfilled') addresses.push(done.value)
    if (!frame.isConnected) free()
  }
  function free() {
    for (const address of addresses.splice(0)) URL.revokeObjectURL(address)
  }
  frame.addEventListener('load', () => void show().catch(() => told('failed')), { once: true })
  return { frame, free }
}

/**
 * In place of the frame's empty document.
 * @param {Element} root
 * @param {Document} inside
 */
function put(root, inside) {
  const page = getComputedStyle(document.documentElement)
  if (isDark() && !root.querySelector(COLOURED)) root.classList.add('dark')
  const paper = inside.createElement('style')
  paper.textContent = PAPER.replace('DARKPANEL', page.getPropertyValue('--panel').trim()).replace(
    'DARKTEXT',
    page.getPropertyValue('--text').trim(),
  )
  inside.replaceChild(inside.adoptNode(root), inside.documentElement)
  inside.head.prepend(paper)
  if (!inside.documentElement.dir && !inside.body.dir) inside.body.dir = 'auto'
  // Colours of links belong to the document in which the attribute was read.
  for (const name of ['link', 'vlink', 'alink']) {
    const colour = inside.body.getAttribute(name)
    if (colour === null) continue
    inside.body.removeAttribute(name)
    inside.body.setAttribute(name, colour)
  }
}

/** Of the page around. */
export const isDark = () => getComputedStyle(document.documentElement).colorScheme === 'dark'

/**
 * A white page in a dark one hurts the eyes.
 * @param {HTMLIFrameElement} frame
 * @param {Document} inside
 */
function dim(frame, inside) {
  if (inside.documentElement.classList.contains('dark') || !isLight(inside)) return
  inside.documentElement.classList.add('dim')
  frame.classList.add('dim')
}

/**
 * Keys work while the message has the focus.
 * @param {HTMLIFrameElement} frame
 * @param {Document} inside
 */
function passKeys(frame, inside) {
  inside.addEventListener('keydown', (event) => {
    const { key, code, ctrlKey, metaKey, shiftKey, altKey } = event
    const init = { key, code, ctrlKey, metaKey, shiftKey, altKey, bubbles: true, cancelable: true }
    if (!frame.dispatchEvent(new KeyboardEvent('keydown', init))) event.preventDefault()
  })
}

/**
 * An address of a person is written to here, not in whatever program the machine has for it.
 * @param {HTMLIFrameElement} frame
 * @param {Document} inside
 */
function passAddresses(frame, inside) {
  inside.addEventListener('click', (event) => {
    // Elements of the frame are no `Element` of this window.
    const target = /** @type {Element | null} */ (event.target)
    const href = target?.closest?.('a[href^="mailto:" i]')?.getAttribute('href')
    if (!href) return
    event.preventDefault()
    frame.dispatchEvent(new CustomEvent('mailto', { detail: href, bubbles: true }))
  })
}
