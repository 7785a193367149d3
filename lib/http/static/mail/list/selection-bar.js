// @ts-check
/** @import { Action } from '../../base/types' */
import { h } from '../../base/dom.js'
import { iconButton } from '../../base/icons.js'

/**
 * What can be done with the selected messages; the page shows it while there are some.
 * @param {(action: Action) => unknown} act
 * @param {() => void} clear
 */
export function createSelectionBar(act, clear) {
  const count = h('span', { class: 'selected-count', role: 'status' })
  const element = h(
    'div',
    { class: 'list-actions', role: 'toolbar', 'aria-label': 'Selected messages' },
    count,
    iconButton('archive', 'Archive', () => act('archive')),
    iconButton('trash', 'Delete', () => act('delete')),
    iconButton('unread', 'Read or unread', () => act('seen')),
    iconButton('star', 'Flag', () => act('flag')),
    iconButton('move', 'Move', () => act('move')),
    iconButton('close', 'Clear selection', clear),
  )
  return {
    element,
    /** @param {number} selected */
    show(selected) {
      count.textContent = selected > 0 ? `${selected} selected` : ''
      element.classList.toggle('selecting', selected > 0)
    },
  }
}
