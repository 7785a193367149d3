// @ts-check
/** @import { Filter } from '../base/types' */
import { dialog } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { choiceField, field, form } from '../base/forms.js'
import { iconButton } from '../base/icons.js'
import { FIELDS, MATCHES } from './words.js'

/** @typedef {Filter['conditions'][number]} Condition */

const MOST_CONDITIONS = 10
/** @type {Condition} */
const FIRST = { field: 'from', how: 'contains', value: '' }

/** @type {readonly Condition['field'][]} */
const FIELD_NAMES = ['from', 'to', 'subject', 'list', 'body', 'size']
/** @type {readonly Condition['how'][]} */
const TEXT_MATCHES = ['contains', 'lacks', 'is', 'begins', 'ends']
/** @type {readonly Condition['how'][]} */
const BODY_MATCHES = ['contains', 'lacks']
/** @type {readonly Condition['how'][]} */
const SIZE_MATCHES = ['over']

/** @param {Condition['field']} name */
const matchesOf = (name) => (name === 'size' ? SIZE_MATCHES : name === 'body' ? BODY_MATCHES : TEXT_MATCHES)

/**
 * @param {Condition} start
 * @param {(line: HTMLElement) => void} remove
 */
function conditionLine(start, remove) {
  const what = h(
    'select',
    { 'aria-label': 'What is looked at', onchange: draw },
    FIELD_NAMES.map((name) => h('option', { value: name }, FIELDS[name])),
  )
  const how = h('select', { 'aria-label': 'How it is compared' })
  const value = h('input', { 'aria-label': 'Value', value: start.value, maxlength: 500, required: true })
  const element = h('div', { class: 'condition' }, what, how, value)
  element.append(iconButton('close', 'Remove this condition', () => remove(element)))
  const fieldNow = () => FIELD_NAMES[what.selectedIndex] ?? 'from'
  function draw() {
    const matches = matchesOf(fieldNow())
    how.replaceChildren(...matches.map((match) => h('option', { value: match }, MATCHES[match])))
    value.type = fieldNow() === 'size' ? 'number' : 'text'
  }
  what.value = start.field
  draw()
  how.value = start.how
  return {
    element,
    /** @returns {Condition} */
    get condition() {
      const name = fieldNow()
      return { field: name, how: matchesOf(name)[how.selectedIndex] ?? 'contains', value: value.value }
    },
  }
}

/**
 * @param {Filter | undefined} given undefined: a new one
 * @param {readonly string[]} mailboxes
 * @param {boolean} mayForward
 * @param {(filter: Filter) => Promise<void>} save
 */
export const editFilter = (given, mailboxes, mayForward, save) =>
  dialog(given ? 'Change the filter' : 'New filter', (close) => {
    const name = field('Name', { value: given?.name ?? '', required: true, maxlength: 100 })
    const all = choiceField('If', [
      ['all', 'all of these are true'],
      ['any', 'any of these is true'],
    ])
    all.select.value = given && !given.all ? 'any' : 'all'
    let lines = (given?.conditions ?? [FIRST]).map((condition) => conditionLine(condition, remove))
    const list = h(
      'div',
      { class: 'conditions' },
      lines.map(({ element }) => element),
    )
    /** @param {HTMLElement} gone */
    function remove(gone) {
      if (lines.length < 2) return
      lines = lines.filter(({ element }) => element !== gone)
      gone.remove()
    }
    function add() {
      if (lines.length >= MOST_CONDITIONS) return
      const line = conditionLine(FIRST, remove)
      lines.push(line)
      list.append(line.element)
      line.element.querySelector('select')?.focus()
    }
    const move = choiceField('Then move to', [
      ['', '(leave it in Inbox)'],
      ['\0trash', 'Trash'],
      ...mailboxes.filter((mailbox) => mailbox !== 'Trash'),
    ])
    move.select.value = given?.remove ? '\0trash' : (given?.move ?? '')
    const read = h('input', { type: 'checkbox', checked: given?.read === true })
    const flag = h('input', { type: 'checkbox', checked: given?.flag === true })
    const stop = h('input', { type: 'checkbox', checked: given?.stop ?? true })
    const forward = field('Forward to', { value: given?.forward ?? '', type: 'email', maxlength: 320 })
    /** @param {HTMLInputElement} input @param {string} label */
    const check = (input, label) => h('label', { class: 'check' }, input, label)
    const rest = {
      element: h(
        'div',
        { class: 'filter-rest' },
        list,
        h('div', {}, button('Add a condition', add, 'quiet')),
        move.element,
        mayForward && forward.element,
        check(read, 'Mark as read'),
        check(flag, 'Flag'),
        check(stop, 'Do not look at the filters below'),
      ),
      value: '',
    }
    const element = form([name, all, rest], 'Save', async () => {
      const remove = move.value === '\0trash'
      await save({
        ...{
          name: name.value,
          on: given?.on ?? true,
          all: all.value === 'all',
          conditions: lines.map(({ condition }) => condition),
        },
        ...{ move: remove || move.value === '' ? undefined : move.value, remove },
        ...{ read: read.checked, flag: flag.checked, stop: stop.checked },
        forward: forward.value.trim() || undefined,
      })
      close()
    })
    element.classList.add('filter-form')
    return element
  })
