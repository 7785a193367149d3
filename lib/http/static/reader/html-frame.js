import { octets } from '../base/api.js'
import { h } from '../base/dom.js'

/**
 * HTML of messages. Two walls, each of which lets no script run: DOMPurify cleans it, and the frame that shows it is sandboxed and
 * has a policy of its own (lib/http/server.ts), which also is what lets nothing load until the person asks.
 */
const SANDBOX = 'allow-same-origin allow-popups allow-popups-to-escape-sandbox'
const CLEANING = {
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  ADD_TAGS: ['style'],
  ADD_ATTR: ['target', 'text', 'link', 'vlink', 'alink'],
  FORBID_TAGS: ['form', 'input', 'button', 'iframe', 'select', 'textarea', 'video', 'audio'],
}
const ELSEWHERE = /^\s*(?:https?:)?\/\//i
const IN_STYLE = /url\s*\(|@import|image-set/i
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
blockquote { margin: 0 0 0 .5em; padding-left: .8em; border-left: 3px solid #99a; }
`

let loading
/** The library itself is fetched with the first message that has HTML. */
const loadPurify = () => {
  loading ??= import('../purify.min.js').then(() => globalThis.DOMPurify)
  return loading
}

/** Links open elsewhere and tell nothing; those that are no addresses lead nowhere. */
function safeLink(link) {
  const href = link.getAttribute('href') ?? ''
  if (href.startsWith('#')) return
  if (!/^\s*(?:https?:\/\/|mailto:|tel:)/i.test(href)) link.removeAttribute('href')
  link.setAttribute('target', '_blank')
  link.setAttribute('rel', 'noopener noreferrer')
}

function clean(purify, html) {
  purify.addHook('uponSanitizeElement', (node, { tagName }) => {
    // Outlook puts its style sheet into a comment, which is not wanted any more.
    if (tagName === 'style') node.textContent = node.textContent.replace(/<!--|-->/g, '')
  })
  purify.addHook('afterSanitizeAttributes', (node) => {
    if (node.hasAttribute?.('href')) safeLink(node)
  })
  return purify.sanitize(html, CLEANING)
}

/** What a message names from elsewhere: taken out, unless the person asked. @returns whether there was any */
function withoutRemote(root, images) {
  let remote = false
  for (const node of root.querySelectorAll('[src], [srcset], [background]')) {
    for (const name of ['src', 'srcset', 'background']) {
      const value = node.getAttribute(name)
      if (value === null || /^\s*(?:data|cid):/i.test(value)) continue
      const elsewhere = ELSEWHERE.test(value)
      remote ||= elsewhere
      if (elsewhere && images) node.setAttribute(name, value.replace(/^\s*(?:http:)?\/\//i, 'https://'))
      else node.removeAttribute(name)
    }
  }
  return (
    remote ||
    [...root.querySelectorAll('style')].some((sheet) => IN_STYLE.test(sheet.textContent)) ||
    [...root.querySelectorAll('[style]')].some((node) => IN_STYLE.test(node.getAttribute('style')))
  )
}

function contentId(address) {
  try {
    return decodeURIComponent(address.trim().slice(4))
  } catch {
    return address.trim().slice(4)
  }
}

/** Pictures of the message itself (RFC 2392), as addresses of this page's own making. @returns a promise of all addresses */
function withOwnPictures(root, pictures, base) {
  const waiting = new Map()
  for (const picture of root.querySelectorAll('img[src]')) {
    const src = picture.getAttribute('src')
    if (!/^\s*cid:/i.test(src)) continue
    picture.removeAttribute('src')
    const found = pictures.find(({ id }) => id === contentId(src))
    if (found) waiting.set(found, [...(waiting.get(found) ?? []), picture])
  }
  return [...waiting].map(async ([{ part, type }, places]) => {
    const blob = await octets(`${base}/parts/${part}`)
    const address = URL.createObjectURL(new Blob([blob], { type }))
    for (const place of places) place.setAttribute('src', address)
    return address
  })
}

const coloursOfPage = () => {
  const style = getComputedStyle(document.documentElement)
  return {
    dark: style.colorScheme === 'dark',
    panel: style.getPropertyValue('--panel').trim(),
    text: style.getPropertyValue('--text').trim(),
  }
}

/** As high as what it shows, and as wide as there is room. */
function fit(frame) {
  const { documentElement: root, body } = frame.contentDocument
  let turns = 0
  const measure = () => {
    if (!frame.isConnected || turns++ > 100) return
    body.style.zoom = ''
    const { clientWidth, scrollWidth } = root
    if (scrollWidth > clientWidth + 1) body.style.zoom = String(Math.max(0.4, clientWidth / scrollWidth))
    frame.style.height = `${Math.min(Math.ceil(root.getBoundingClientRect().height), 30_000)}px`
  }
  measure()
  // Pictures and windows change it; the frame's own height does not, as it is asked for by width.
  let width = frame.clientWidth
  const watch = new ResizeObserver(() => {
    if (frame.clientWidth === width) return
    width = frame.clientWidth
    turns = 0
    measure()
  })
  watch.observe(frame)
  for (const event of ['load', 'toggle']) root.addEventListener(event, measure, true)
}

/** Keys work while the message has the focus. */
function passKeys(frame) {
  frame.contentDocument.addEventListener('keydown', (event) => {
    const { key, code, ctrlKey, metaKey, shiftKey, altKey } = event
    const init = { key, code, ctrlKey, metaKey, shiftKey, altKey, bubbles: true, cancelable: true }
    if (!frame.dispatchEvent(new KeyboardEvent('keydown', init))) event.preventDefault()
  })
}

/**
 * @param load what the message is, `{ base, part, pictures, images }`: `base` its address in the API
 * @param told `{ remote }`: something from elsewhere is not shown
 */
export function htmlFrame({ base, part, pictures, images }, told) {
  const addresses = []
  const frame = h('iframe', {
    class: 'html',
    title: 'Text of the message',
    sandbox: SANDBOX,
    referrerpolicy: 'no-referrer',
    src: `/mail/frame${images ? '?images=1' : ''}`,
  })
  const html = octets(`${base}/html?part=${part}`).then((blob) => blob.text())
  html.catch(() => undefined)
  async function show() {
    const purify = (await loadPurify())(frame.contentWindow)
    const root = clean(purify, await html)
    if (!frame.isConnected) return
    const remote = withoutRemote(root, images)
    const own = withOwnPictures(root, pictures, base)
    const inside = frame.contentDocument
    const { dark, panel, text } = coloursOfPage()
    if (dark && !root.querySelector(COLOURED)) root.classList.add('dark')
    const paper = inside.createElement('style')
    paper.textContent = PAPER.replace('DARKPANEL', panel).replace('DARKTEXT', text)
    inside.replaceChild(inside.adoptNode(root), inside.documentElement)
    inside.head.prepend(paper)
    // Colours of links belong to the document in which the attribute was read.
    for (const name of ['link', 'vlink', 'alink']) {
      const colour = inside.body.getAttribute(name)
      if (colour === null) continue
      inside.body.removeAttribute(name)
      inside.body.setAttribute(name, colour)
    }
    fit(frame)
    passKeys(frame)
    told({ remote: remote && !images })
    for (const address of await Promise.allSettled(own)) if (address.value) addresses.push(address.value)
    if (!frame.isConnected) free()
  }
  function free() {
    for (const address of addresses.splice(0)) URL.revokeObjectURL(address)
  }
  frame.addEventListener('load', () => void show().catch((error) => told({ error })), { once: true })
  return { frame, free }
}
