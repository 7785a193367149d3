// @ts-check
import { h } from '../base/dom.js'

/** An address of a page or of a person. What is longer is text: each is looked at as a whole. */
const LINK =
  /(?:https?:\/\/|\bwww\.)[^\s<>"]{1,2000}|(?<![\w.+-])[\w.+-]{1,64}@[a-z\d-]{1,63}(?:\.[a-z\d-]{1,63}){1,8}/gi
const AFTER = /[.,;:!?'*_…»”’]$/
/** @type {Readonly<Record<string, string>>} */
const BRACKETS = { ')': '(', ']': '[', '}': '{' }

/**
 * @param {string} text
 * @param {string} sign
 */
const count = (text, sign) => text.split(sign).length - 1

/**
 * Without the stop of its sentence, and without a bracket that was opened before it.
 * @param {string} link
 */
function trimmed(link) {
  let text = link
  for (;;) {
    const last = text.at(-1) ?? ''
    const opens = BRACKETS[last]
    if (AFTER.test(text) || (opens && count(text, last) > count(text, opens))) text = text.slice(0, -1)
    else return text
  }
}

/** @param {string} text */
function addressIn(text) {
  if (/^https?:/i.test(text)) return text
  return /^www\./i.test(text) ? `https://${text}` : `mailto:${text}`
}

/**
 * @param {string} text
 * @param {number} most links that are made
 * @returns {{ pieces: (Node | string)[], made: number }}
 */
export function links(text, most) {
  /** @type {(Node | string)[]} */
  const pieces = []
  let at = 0
  let made = 0
  for (const found of text.matchAll(LINK)) {
    if (made >= most) break
    const shown = trimmed(found[0])
    made++
    const href = addressIn(shown)
    pieces.push(
      text.slice(at, found.index),
      h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, shown),
    )
    at = found.index + shown.length
  }
  return { pieces: [...pieces, text.slice(at)], made }
}
