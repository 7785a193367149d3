// @ts-check
/** @import { MessagePage } from '../base/types' */
import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'

const WORDS =
  'Words, "two words", -word, from:, to:, cc:, subject:, body:, filename:, has:attachment, is:unread, is:flagged, before:2026-01-31, after:, larger:1M, in:archive'

/**
 * The line in which a person searches.
 * @param {() => unknown} changed another query
 */
export function createSearch(changed) {
  const input = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search in this mailbox',
    enterkeyhint: 'search',
    title: WORDS,
  })
  const notes = h('p', { class: 'banner', hidden: true, role: 'status' })
  let query = ''

  function take() {
    query = input.value.trim()
    void changed()
  }
  input.addEventListener('change', take)
  // The cross in the field empties it without a `change`.
  input.addEventListener('search', () => {
    if (input.value === '' && query) take()
  })

  return {
    input,
    notes,
    element: h('div', { class: 'search' }, icon('search'), input),
    get query() {
      return query
    },
    clear() {
      query = ''
      input.value = ''
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
