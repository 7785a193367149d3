// @ts-check
import { messageOf } from '../../base/api.js'
import { button, fill, h } from '../../base/dom.js'

/** What stands in a list without rows: that it is empty, that it is on its way, or why it does not come. */
export function createStates() {
  // An option that cannot be chosen: a listbox must have one.
  const element = h('div', {
    class: 'empty',
    hidden: true,
    role: 'option',
    'aria-disabled': 'true',
    'aria-selected': 'false',
  })
  return {
    element,
    loading() {
      element.hidden = false
      fill(element, h('span', { class: 'spinner late' }))
    },
    /**
     * @param {unknown} error
     * @param {() => unknown} again
     */
    failed(error, again) {
      element.hidden = false
      fill(element, h('p', {}, `The list could not be fetched. ${messageOf(error)}`), button('Try again', again))
    },
    /**
     * @param {number} rows
     * @param {string} text what stands there when there are none
     */
    loaded(rows, text) {
      element.hidden = rows > 0
      fill(element, h('p', {}, text))
    },
  }
}
