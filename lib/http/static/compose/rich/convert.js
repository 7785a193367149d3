// @ts-check

/** Text and text with formatting, each made of the other. */

/** @param {string} text */
const escaped = (text) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')

/**
 * Lines become blocks, and lines after `>` quotes.
 * @param {string} text
 */
export function htmlOf(text) {
  const html = []
  let open = 0
  for (const line of text.split('\n')) {
    const [marks = ''] = /^(?:> ?)*/.exec(line) ?? []
    const level = Math.min(marks.replace(/ /g, '').length, 20)
    for (; open < level; open++) html.push('<blockquote type="cite">')
    for (; open > level; open--) html.push('</blockquote>')
    html.push(`<div>${escaped(line.slice(marks.length)) || '<br>'}</div>`)
  }
  for (; open > 0; open--) html.push('</blockquote>')
  return html.join('')
}

const BLOCKS = new Set(['DIV', 'P', 'LI', 'UL', 'OL', 'BLOCKQUOTE', 'H1', 'H2', 'H3', 'H4', 'PRE', 'TABLE', 'TR', 'HR'])

/**
 * What is left of it without formatting.
 * @param {Element} root
 */
export function textOf(root) {
  /** @type {string[]} */
  const lines = []
  let line = ''
  let isOpen = false
  /** @param {string} prefix */
  function end(prefix) {
    if (isOpen) lines.push(`${prefix}${line}`.trimEnd())
    line = ''
    isOpen = false
  }
  /**
   * @param {Node} node
   * @param {string} prefix
   */
  function walk(node, prefix) {
    for (const child of node.childNodes) {
      if (child instanceof Text) {
        line += child.data.replace(/[\u200b\u00a0]/g, (sign) => (sign === '\u00a0' ? ' ' : ''))
        isOpen ||= line !== ''
      } else if (child instanceof HTMLBRElement) {
        isOpen = true
        end(prefix)
      } else if (child instanceof HTMLElement) {
        const isBlock = BLOCKS.has(child.tagName)
        if (isBlock) end(prefix)
        if (child.tagName === 'LI') {
          line =
            child.parentElement?.tagName === 'OL' ? `${[...child.parentElement.children].indexOf(child) + 1}. ` : '- '
        }
        const below = child.tagName === 'BLOCKQUOTE' ? `${prefix}> ` : prefix
        walk(child, below)
        if (isBlock) end(below)
      }
    }
  }
  walk(root, '')
  end('')
  return lines.join('\n')
}
