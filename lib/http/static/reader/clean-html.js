// @ts-check
/** @import { Config, WindowLike } from 'dompurify' */

/** @type {Config & { RETURN_DOM: true }} */
const CLEANING = {
  WHOLE_DOCUMENT: true,
  RETURN_DOM: true,
  ADD_TAGS: ['style'],
  ADD_ATTR: ['target', 'text', 'link', 'vlink', 'alink'],
  FORBID_TAGS: ['form', 'input', 'button', 'iframe', 'select', 'textarea', 'video', 'audio'],
}
const ELSEWHERE = /^\s*(?:https?:)?\/\//i
const IN_STYLE = /url\s*\(|@import|image-set/i
/** What a link may lead to. */
const LEADS = /^\s*(?:https?:\/\/|mailto:|tel:)/i
const ADDRESSES = ['src', 'srcset', 'background']

/** @type {Promise<typeof globalThis.DOMPurify> | undefined} */
let loading
/** The library itself is fetched with the first message that has HTML. */
export const loadPurify = () => {
  loading ??= import('../purify.min.js').then(() => globalThis.DOMPurify)
  return loading
}

/**
 * Links open elsewhere and tell nothing; those that are no addresses lead nowhere.
 * @param {Element} link
 */
function safeLink(link) {
  const href = link.getAttribute('href') ?? ''
  if (href.startsWith('#')) return
  if (!LEADS.test(href)) link.removeAttribute('href')
  link.setAttribute('target', '_blank')
  link.setAttribute('rel', 'noopener noreferrer')
}

/**
 * A document in which nothing can run. It belongs to the frame's window: what the page around would make of it, it does not.
 * @param {WindowLike} frame
 * @returns {Promise<(html: string) => Element>}
 */
export async function cleaner(frame) {
  const purify = (await loadPurify())(frame)
  purify.addHook('uponSanitizeElement', (node, { tagName }) => {
    // Outlook puts its style sheet into a comment, which is not wanted any more.
    if (tagName === 'style') node.textContent = (node.textContent ?? '').replace(/<!--|-->/g, '')
  })
  purify.addHook('afterSanitizeAttributes', (node) => {
    if (node.hasAttribute?.('href')) safeLink(node)
  })
  return (html) => purify.sanitize(html, CLEANING)
}

/**
 * What a message names from elsewhere: taken out, unless the person asked.
 * @param {Element} root
 * @param {boolean} images the person asked
 * @returns {boolean} whether there was any
 */
export function withoutRemote(root, images) {
  let remote = false
  for (const node of root.querySelectorAll('[src], [srcset], [background]')) {
    for (const name of ADDRESSES) {
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
    [...root.querySelectorAll('style')].some((sheet) => IN_STYLE.test(sheet.textContent ?? '')) ||
    [...root.querySelectorAll('[style]')].some((node) => IN_STYLE.test(node.getAttribute('style') ?? ''))
  )
}
