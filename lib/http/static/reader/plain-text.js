// @ts-check
import { h } from '../base/dom.js'
import { links } from './links.js'

/** Links and quotes of a text that are made elements; the rest of a text that has more is text. */
const MOST_ELEMENTS = 10_000
/** A quote of so many lines is folded, wherever it stands; at the end of a text one of a few is. */
const LONG_QUOTE = 12
const FEW_LINES = 3

/** @typedef {{ quoted: boolean, lines: string[] }} Run lines that are quoted all, or none of them */

/**
 * @param {string} text
 * @returns {Run[]}
 */
function runsOf(text) {
  /** @type {Run[]} */
  const runs = []
  for (const line of text.replace(/\s+$/, '').split('\n')) {
    const quoted = line.startsWith('>')
    const run = runs.at(-1)
    if (run && (run.quoted === quoted || runs.length >= MOST_ELEMENTS)) run.lines.push(line)
    else runs.push({ quoted, lines: [line] })
  }
  return runs
}

/**
 * Plain text with links; quoted lines are dimmed, and folded where they are what everybody has read before.
 * @param {string} text
 */
export function plainText(text) {
  let left = MOST_ELEMENTS
  /** @param {string[]} lines */
  const linked = (lines) => {
    const { pieces, made } = links(`${lines.join('\n')}\n`, left)
    left -= made
    return pieces
  }
  const runs = runsOf(text)
  const blocks = runs.flatMap(({ quoted, lines }, index) => {
    if (!quoted || left <= 0) return linked(lines)
    left--
    const quote = h('span', { class: 'quoted' }, linked(lines))
    const most = index === runs.length - 1 && index > 0 ? FEW_LINES : LONG_QUOTE
    return lines.length > most ? folded(quote, lines.length) : quote
  })
  return h('div', { class: 'plain' }, blocks)
}

/**
 * @param {HTMLElement} quote
 * @param {number} lines
 */
const folded = (quote, lines) =>
  h('details', { class: 'fold' }, h('summary', {}, `Quoted text (${lines} lines)`), quote)
