// @ts-check
import { h } from '../base/dom.js'

/** Links and quotes of a text that are made elements; the rest of a text that has more is text. */
const MOST_ELEMENTS = 10_000
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/g

/** @param {string} href */
const linkTo = (href) => h('a', { href, target: '_blank', rel: 'noopener noreferrer nofollow' }, href)

/**
 * Plain text with links, and quoted lines dimmed.
 * @param {string} text
 */
export function plainText(text) {
  /** @type {(Node | string)[]} */
  const blocks = []
  let left = MOST_ELEMENTS
  /** @param {string} block */
  const linked = (block) => {
    /** @type {(Node | string)[]} */
    const pieces = []
    let at = 0
    for (const link of block.matchAll(LINK)) {
      if (left <= 0) break
      left--
      pieces.push(block.slice(at, link.index), linkTo(link[0]))
      at = link.index + link[0].length
    }
    return [...pieces, block.slice(at)]
  }
  /** @param {string[]} lines */
  const add = (lines) => {
    const pieces = linked(`${lines.join('\n')}\n`)
    if (lines[0]?.startsWith('>') && left > 0) {
      left--
      blocks.push(h('span', { class: 'quoted' }, pieces))
    } else blocks.push(...pieces)
  }
  /** @type {string[]} lines that are quoted all, or none of them */
  let run = []
  for (const line of text.replace(/\s+$/, '').split('\n')) {
    const same = run[0]?.startsWith('>') === line.startsWith('>')
    if (run.length > 0 && !same && left > 0) {
      add(run)
      run = []
    }
    run.push(line)
  }
  add(run)
  return h('div', { class: 'plain' }, blocks)
}
