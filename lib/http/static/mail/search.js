// @ts-check
/** @import { MessagePage } from '../base/types' */
import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'

const WORDS =
  'Words, "two words", -word, from:, to:, cc:, subject:, body:, filename:, has:attachment, is:unread, is:flagged, before:2026-01-31, after:, larger:1M, in:archive'

/** What a chip writes into the line; what ends with a colon waits for a word. */
/** @type {readonly (readonly [text: string, label: string])[]} */
const CHIPS = [
  ['from:', 'From'],
  ['subject:', 'Subject'],
  ['has:attachment', 'Has files'],
  ['is:unread', 'Unread'],
  ['before:', 'Before'],
]

/** Milliseconds. */
const UNTIL_CLICKED = 300

/** @param {string} text */
const pattern = (text) => new RegExp(`(^|\\s)-?${text}("[^"]*"?|\\S*)`, 'i')

/**
 * The line in which a person searches.
 * @param {() => unknown} changed another query
 */
export function createSearch(changed) {
  const input = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search',
    enterkeyhint: 'search',
    title: WORDS,
  })
  const notes = h('p', { class: 'banner', hidden: true, role: 'status' })
  let query = ''
  let everywhere = false

  function take() {
    query = input.value.trim()
    draw()
    void changed()
  }
  input.addEventListener('change', take)
  input.addEventListener('input', draw)
  // The cross in the field empties it without a `change`.
  input.addEventListener('search', () => {
    if (input.value === '' && query) take()
  })
  /** @param {string} text */
  function turnChip(text) {
    const there = pattern(text)
    if (there.test(input.value)) {
      input.value = input.value.replace(there, ' ').trim()
      take()
    } else {
      // A day is written as one wants it: today's is a beginning.
      const value = text === 'before:' ? `${text}${new Date().toISOString().slice(0, 10)}` : text
      input.value = `${input.value.trim()} ${value}`.trim()
      if (value.endsWith(':')) draw()
      else take()
    }
    input.focus()
  }
  const where = h(
    'button',
    { type: 'button', class: 'search-chip', onclick: () => setEverywhere(!everywhere) },
    'All mailboxes',
  )
  /** @param {boolean} wanted */
  function setEverywhere(wanted) {
    everywhere = wanted
    if (input.value.trim()) take()
    else draw()
  }
  const chips = CHIPS.map(([text, label]) => ({
    text,
    element: h('button', { type: 'button', class: 'search-chip', onclick: () => turnChip(text) }, label),
  }))
  const line = h(
    'div',
    { class: 'search-chips', role: 'group', 'aria-label': 'Search by' },
    where,
    ...chips.map((chip) => chip.element),
  )
  const element = h('div', { class: 'search-box' }, h('div', { class: 'search' }, icon('search'), input), line)

  function draw() {
    where.setAttribute('aria-pressed', String(everywhere))
    for (const chip of chips) chip.element.setAttribute('aria-pressed', String(pattern(chip.text).test(input.value)))
    element.classList.toggle('used', input.value !== '' || query !== '')
  }
  draw()
  // What is below moves when they go: not before a click there is over.
  let closing = 0
  element.addEventListener('focusin', () => {
    clearTimeout(closing)
    element.classList.add('open')
  })
  element.addEventListener('focusout', () => {
    closing = setTimeout(() => element.classList.remove('open'), UNTIL_CLICKED)
  })

  return {
    input,
    notes,
    element,
    get query() {
      return query
    },
    get everywhere() {
      return everywhere
    },
    clear() {
      query = ''
      input.value = ''
      everywhere = false
      notes.hidden = true
      draw()
    },
    /**
     * What was not understood.
     * @param {MessagePage['notes']} lines
     */
    note(lines) {
      notes.textContent = lines.join(' ')
      notes.hidden = lines.length === 0
    },
  }
}
/** @typedef {ReturnType<typeof createSearch>} Search */
