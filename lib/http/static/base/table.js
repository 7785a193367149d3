// @ts-check
/** @import { Leaf } from './types' */

import { h } from './dom.js'
import { exactTime } from './format.js'

/**
 * @param {string} head a `>` before the text: a column of numbers
 */
const heading = (head) =>
  head.startsWith('>') ? h('th', { scope: 'col', class: 'number' }, head.slice(1)) : h('th', { scope: 'col' }, head)

/**
 * On a narrow screen a row is a card, and each cell says what it is.
 * @param {Leaf} cell
 * @param {string} head
 */
function cellOf(cell, head) {
  const element = cell instanceof HTMLTableCellElement ? cell : h('td', {}, cell)
  const label = head.replace(/^>/, '')
  if (label) element.dataset.label = label
  return element
}

/**
 * @param {readonly string[]} heads
 * @param {readonly (readonly Leaf[])[]} rows
 * @param {string} empty what stands there when there are no rows
 */
export function table(heads, rows, empty) {
  if (rows.length === 0) return h('p', { class: 'muted' }, empty)
  return h(
    'div',
    { class: 'scroll' },
    h(
      'table',
      {},
      heads.some(Boolean) && h('thead', {}, h('tr', {}, heads.map(heading))),
      h(
        'tbody',
        {},
        rows.map((row) =>
          h(
            'tr',
            {},
            row.map((cell, index) => cellOf(cell, heads[index] ?? '')),
          ),
        ),
      ),
    ),
  )
}

/** @param {string | number} text */
export const numberCell = (text) => h('td', { class: 'number' }, String(text))

/** @param {number} at milliseconds since 1970 */
export const when = (at) => h('span', { class: 'when' }, exactTime(at))

/**
 * A word in a frame.
 * @param {string} text
 * @param {'good' | 'bad' | ''} [kind]
 */
export const tag = (text, kind = '') => h('span', { class: kind ? `tag ${kind}` : 'tag' }, text)
