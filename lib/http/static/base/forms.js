// @ts-check
/** @import { Child, Field, InputField, Props } from './types' */
import { messageOf } from './api.js'
import { h } from './dom.js'

/**
 * An input and its label.
 * @param {string} label
 * @param {Props} [props]
 * @returns {InputField}
 */
export function field(label, props = {}) {
  const input = h('input', { autocomplete: 'off', ...props })
  return {
    input,
    element: h('label', { class: 'field' }, h('span', {}, label), input),
    get value() {
      return input.value
    },
  }
}

/**
 * A choice of words, and its label.
 * @param {string} label
 * @param {readonly (string | readonly [value: string, shown: string])[]} options a word is shown as it is
 * @param {Props} [props]
 * @returns {Field & { select: HTMLSelectElement }}
 */
export function choiceField(label, options, props = {}) {
  const select = h(
    'select',
    { 'aria-label': label, ...props },
    options.map((option) => {
      const [value, shown] = typeof option === 'string' ? [option, option] : option
      return h('option', { value }, shown)
    }),
  )
  return {
    select,
    element: h('label', { class: 'field' }, h('span', {}, label), select),
    get value() {
      return select.value
    },
  }
}

/** @param {string} [label] */
export const passwordField = (label = 'Password') =>
  field(label, { type: 'password', autocomplete: 'current-password', required: true })

/** Where a form says what went wrong. */
export const errorLine = () => h('p', { class: 'form-error', role: 'alert' })

/**
 * A form in a panel; an error stays beside it.
 * @param {readonly Field[]} fields
 * @param {string} label
 * @param {() => Promise<unknown>} run `false`: what was typed stays
 */
export function form(fields, label, run) {
  const message = errorLine()
  const submit = h('button', { type: 'submit', class: 'primary' }, label)
  const element = h(
    'form',
    {
      class: 'panel-form',
      onsubmit: async (event) => {
        event.preventDefault()
        submit.disabled = true
        message.textContent = ''
        try {
          if ((await run()) !== false) element.reset()
        } catch (error) {
          message.textContent = messageOf(error)
        } finally {
          submit.disabled = false
        }
      },
    },
    h('div', { class: 'inline-form' }, ...fields.map((given) => given.element), submit),
    message,
  )
  return element
}

/**
 * A part of a page of settings.
 * @param {string} title
 * @param {...Child} content
 */
export const panel = (title, ...content) => h('section', { class: 'panel' }, h('h2', {}, title), ...content)
