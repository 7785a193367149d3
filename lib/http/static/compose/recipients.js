// @ts-check
/** @import { Person } from '../base/types' */
import { fill, h } from '../base/dom.js'
import { typedAll } from '../base/format.js'
import { icon } from '../base/icons.js'
import { personOf, splitTyped } from './address.js'
import { offered } from './contacts.js'

let count = 0

/**
 * @typedef {object} Chip
 * @property {string} typed
 * @property {Person | undefined} person undefined: it is no address
 */

/** @param {string} typed @returns {Chip} */
const chipOf = (typed) => ({ typed, person: personOf(typed) })

/**
 * A line of recipients: each is a chip once it is typed; people of the address book are offered.
 * @param {string} label
 * @param {string} value
 * @param {() => void} changed
 */
export function createRecipients(label, value, changed) {
  const id = `recipients-${++count}`
  /** @type {Chip[]} */
  let chips = splitTyped(value).map(chipOf)
  /** @type {readonly Person[]} */
  let offers = []
  let active = -1

  const list = h('ul', { class: 'chips' })
  const offerList = h('ul', {
    class: 'offers',
    role: 'listbox',
    id: `${id}-offers`,
    'aria-label': 'Address book',
    hidden: true,
  })
  const input = h('input', {
    ...{ id, name: label.toLowerCase(), autocomplete: 'off', autocapitalize: 'off', inputmode: 'email' },
    ...{ spellcheck: 'false', role: 'combobox', 'aria-autocomplete': 'list', 'aria-expanded': 'false' },
    'aria-controls': `${id}-offers`,
  })
  const element = h(
    'div',
    { class: 'field recipients' },
    h('label', { for: id }, label),
    h('div', { class: 'chips-line' }, list, input),
    offerList,
  )

  function draw() {
    const items = chips.map((chip) => {
      const { typed, person } = chip
      const shown = person ? person.name || person.address : typed
      return h(
        'li',
        { class: person ? 'chip' : 'chip bad', title: person ? person.address : 'This is not an address' },
        h('span', {}, shown),
        h(
          'button',
          { type: 'button', 'aria-label': `Remove ${person?.address ?? typed}`, onclick: () => remove(chip) },
          icon('close'),
        ),
      )
    })
    fill(list, ...items)
  }
  /** @param {Chip} gone */
  function remove(gone) {
    chips = chips.filter((chip) => chip !== gone)
    draw()
    changed()
    input.focus()
  }
  /** @param {string} typed */
  function add(typed) {
    const known = new Set(chips.map(({ person }) => person?.address.toLowerCase()))
    const fresh = splitTyped(typed)
      .map(chipOf)
      .filter(({ person }) => !person || !known.has(person.address.toLowerCase()))
    chips.push(...fresh)
    input.value = ''
    offer([])
    draw()
    changed()
  }
  /** What is typed so far becomes chips. */
  function settle() {
    if (input.value.trim() !== '') add(input.value)
  }
  /** @param {readonly Person[]} people */
  function offer(people) {
    offers = people
    active = people.length > 0 ? 0 : -1
    const items = people.map((person, index) =>
      h(
        'li',
        // Before the input loses the focus, and with it what is typed.
        { role: 'option', id: `${id}-${index}`, onmousedown: (/** @type {Event} */ event) => choose(event, person) },
        h('strong', {}, person.name || person.address),
        person.name && h('span', { class: 'muted' }, person.address),
      ),
    )
    fill(offerList, ...items)
    offerList.hidden = people.length === 0
    input.setAttribute('aria-expanded', String(people.length > 0))
    mark()
  }
  function mark() {
    for (const [index, item] of [...offerList.children].entries())
      item.setAttribute('aria-selected', String(index === active))
    if (active < 0) input.removeAttribute('aria-activedescendant')
    else input.setAttribute('aria-activedescendant', `${id}-${active}`)
  }
  /**
   * @param {Event} event
   * @param {Person} person
   */
  function choose(event, person) {
    event.preventDefault()
    add(typedAll([person]))
  }
  const taken = () => new Set(chips.flatMap(({ person }) => person?.address.toLowerCase() ?? []))

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    const chosen = offers[active]
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      if (offers.length === 0) return
      active = (active + (event.key === 'ArrowDown' ? 1 : -1) + offers.length) % offers.length
      mark()
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen && !event.ctrlKey && !event.metaKey) {
      if (event.key === 'Tab' && event.shiftKey) return
      add(typedAll([chosen]))
      if (event.key === 'Tab') return
    } else if (event.key === 'Enter' && !event.ctrlKey && !event.metaKey) settle()
    else if (event.key === ',' || event.key === ';') {
      // In quotes it is part of a name.
      if (input.value.split('"').length % 2 === 0) return
      settle()
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.stopPropagation()
      offer([])
    } else if (event.key === 'Backspace' && input.value === '') {
      // The last one can be changed.
      const last = chips.pop()
      if (!last) return
      input.value = last.typed
      draw()
      changed()
    } else return
    event.preventDefault()
  }
  element.addEventListener('click', (event) => {
    if (!(event.target instanceof HTMLElement && event.target.closest('.chip'))) input.focus()
  })
  input.addEventListener('keydown', onkeydown)
  input.addEventListener('input', () => {
    if (/[,;\n]/.test(input.value) && splitTyped(input.value).length > 1) add(input.value)
    else offer(offered(input.value, taken()))
  })
  input.addEventListener('blur', () => {
    settle()
    offer([])
  })
  draw()

  return {
    element,
    input,
    settle,
    get value() {
      return [...chips.map(({ typed }) => typed), input.value.trim()].filter(Boolean).join(', ')
    },
    /** what was typed and is no address */
    get wrong() {
      return chips.filter(({ person }) => !person).map(({ typed }) => typed)
    },
  }
}
