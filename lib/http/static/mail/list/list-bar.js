// @ts-check
/** @import { Action } from '../../base/types' */
import { button, h } from '../../base/dom.js'
import { icon, iconButton } from '../../base/icons.js'

/** @typedef {'' | 'unread' | 'flagged'} Filter */

/**
 * @typedef {object} Ports
 * @property {(action: Action) => unknown} act
 * @property {() => void} selectShown
 * @property {() => unknown} selectAll also what was never fetched
 * @property {() => void} clear
 * @property {(filter: Filter) => unknown} onFilter
 * @property {() => unknown} onMore
 */

/**
 * Above the list: how many there are, which of them, and what can be done with those that are selected.
 * @param {Ports} ports
 */
export function createListBar({ act, selectShown, selectAll, clear, onFilter, onMore }) {
  /** @type {Filter} */
  let filter = ''
  let selected = 0
  let total = 0
  const box = h('input', { type: 'checkbox', 'aria-label': 'Select all', onchange: turnAll })
  const count = h('span', { class: 'list-count', role: 'status' })
  const all = button('All', () => selectAll(), 'quiet only-selecting')
  /**
   * @param {Filter} name
   * @param {string} picture
   * @param {string} label
   */
  const filterButton = (name, picture, label) =>
    iconButton(picture, label, () => setFilter(filter === name ? '' : name), {
      class: 'icon-button only-idle',
      'aria-pressed': 'false',
    })
  const unread = filterButton('unread', 'unread', 'Only unread')
  const flagged = filterButton('flagged', 'star', 'Only flagged')

  function turnAll() {
    if (selected > 0) clear()
    else selectShown()
  }
  /** @param {Filter} next */
  function setFilter(next) {
    filter = next
    drawFilter()
    void onFilter(next)
  }
  function drawFilter() {
    unread.setAttribute('aria-pressed', String(filter === 'unread'))
    flagged.setAttribute('aria-pressed', String(filter === 'flagged'))
  }
  /**
   * @param {string} picture
   * @param {string} label
   * @param {Action} action
   */
  const tool = (picture, label, action) =>
    iconButton(picture, label, () => act(action), { class: 'icon-button only-selecting' })
  const element = h(
    'div',
    { class: 'list-bar', role: 'toolbar', 'aria-label': 'List' },
    h('label', { class: 'all-box' }, box),
    count,
    all,
    h('span', { class: 'gap' }),
    unread,
    flagged,
    h(
      'button',
      {
        type: 'button',
        class: 'icon-button only-idle',
        'aria-label': 'List options',
        title: 'List options',
        onclick: () => onMore(),
      },
      icon('sort'),
    ),
    tool('archive', 'Archive selected', 'archive'),
    tool('trash', 'Delete selected', 'delete'),
    tool('unread', 'Mark selected as read or unread', 'seen'),
    tool('star', 'Flag selected', 'flag'),
    tool('move', 'Move selected', 'move'),
    iconButton('close', 'Clear selection', clear, { class: 'icon-button only-selecting' }),
  )
  return {
    element,
    get filter() {
      return filter
    },
    /** Another mailbox: all of it. */
    resetFilter() {
      filter = ''
      drawFilter()
    },
    /**
     * @param {number} rows that are selected
     */
    showSelected(rows) {
      selected = rows
      box.checked = rows > 0
      box.indeterminate = rows > 0 && rows < total
      element.classList.toggle('selecting', rows > 0)
      all.hidden = rows === 0 || rows >= total
      all.textContent = `All ${total}`
      if (rows > 0) count.textContent = `${rows} selected`
    },
    /**
     * @param {number | undefined} rows
     * @param {string} text
     */
    showTotal(rows, text) {
      total = rows ?? 0
      box.disabled = total === 0
      if (selected === 0) count.textContent = text
    },
  }
}
/** @typedef {ReturnType<typeof createListBar>} ListBar */
