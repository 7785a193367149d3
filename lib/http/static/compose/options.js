// @ts-check
/** @import { DraftStart } from '../base/types' */
import { h } from '../base/dom.js'
import { choiceField } from '../base/forms.js'
import { iconButton } from '../base/icons.js'

/**
 * What few messages need: a priority, and a receipt that is asked for.
 * @param {DraftStart} start
 */
export function createOptions(start) {
  const priority = choiceField('Priority', [
    ['', 'normal'],
    ['high', 'high'],
    ['low', 'low'],
  ])
  priority.select.value = start.priority ?? ''
  const receipt = h('input', { type: 'checkbox', checked: start.receipt === true })
  const element = h(
    'div',
    { class: 'options', hidden: !start.priority && !start.receipt },
    priority.element,
    h('label', { class: 'check' }, receipt, 'Ask for a receipt'),
  )
  const button = iconButton(
    'more',
    'Options',
    () => {
      element.hidden = !element.hidden
      button.setAttribute('aria-expanded', String(!element.hidden))
    },
    { 'aria-expanded': String(!element.hidden) },
  )
  return {
    element,
    button,
    get chosen() {
      /** @type {'high' | 'low' | undefined} */
      const level = priority.value === 'high' || priority.value === 'low' ? priority.value : undefined
      return { priority: level, receipt: receipt.checked || undefined }
    },
  }
}
