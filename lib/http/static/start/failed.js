// @ts-check
/** @import { Page, View } from '../base/types' */
import { button, h } from '../base/dom.js'
import { card } from './card.js'

/**
 * @param {Page} page
 * @param {string} why
 * @returns {View}
 */
export const failedView = (page, why) => ({
  name: 'error',
  element: card(
    h('p', { role: 'alert' }, why),
    button('Try again', () => page.boot(), 'primary'),
  ),
})
