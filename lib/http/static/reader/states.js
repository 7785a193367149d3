// @ts-check
import { messageOf } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { icon } from '../base/icons.js'

/** What stands where a message would. */

export const nothing = () => h('div', { class: 'nothing' }, icon('unread'), h('p', {}, 'No message is open.'))

export const loading = () =>
  h('div', { class: 'nothing', role: 'status' }, h('span', { class: 'spinner' }), h('p', {}, 'Loading ...'))

/**
 * @param {unknown} error
 * @param {() => unknown} again
 * @param {() => unknown} back
 */
export const failed = (error, again, back) =>
  h(
    'div',
    { class: 'nothing', role: 'alert' },
    icon('junk'),
    h('p', {}, `The message could not be fetched. ${messageOf(error)}`),
    button('Try again', again),
    button('Back to the list', back, 'quiet'),
  )
