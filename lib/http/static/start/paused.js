// @ts-check
/** @import { Page, View } from '../base/types' */
import { button, h } from '../base/dom.js'
import { brand, card } from './card.js'

/**
 * @param {Page} page
 * @returns {View}
 */
export function pausedView(page) {
  const goOn = button('Go on', () => page.boot(), 'primary')
  return {
    name: 'paused',
    element: card(
      brand('lock', 'Paused'),
      h('p', {}, 'This page was idle, so the mailbox was released for other programs.'),
      goOn,
    ),
    start: () => goOn.focus(),
  }
}
