// @ts-check
/** @import { Summary } from '../base/types' */
/** @import { Reading } from './reader.js' */
import { h } from '../base/dom.js'
import { exactTime, personName, shortTime } from '../base/format.js'

/** Recipients that are named. */
const MOST_RECIPIENTS = 6

/**
 * Subject, people and time.
 * @param {Reading} reading
 * @param {HTMLElement | undefined} conversation
 */
export function messageHead(reading, conversation) {
  const { shown, message, inner } = reading
  const date = shown.sentAt ?? (inner === undefined ? message.date : undefined)
  return h(
    'header',
    { class: 'message-head' },
    h('h2', {}, shown.subject || '(no subject)'),
    conversation,
    h(
      'div',
      { class: 'from-line' },
      h('span', { class: 'avatar', 'aria-hidden': 'true' }, initialOf(reading)),
      people(reading),
      date !== undefined && h('time', { class: 'muted', datetime: new Date(date).toISOString() }, exactTime(date)),
    ),
  )
}

/** @param {Reading} reading */
function initialOf({ shown: { from } }) {
  const [sender] = from
  return ((sender && personName(sender)[0]) || '?').toUpperCase()
}

/** @param {Reading} reading */
function people({ shown: { from, to, cc } }) {
  const recipients = [...to, ...cc]
  const named = recipients.slice(0, MOST_RECIPIENTS).map(personName).join(', ')
  const more = recipients.length > MOST_RECIPIENTS ? ` and ${recipients.length - MOST_RECIPIENTS} more` : ''
  const addresses = from.filter(({ name }) => name).map(({ address }) => address)
  return h(
    'div',
    { class: 'people' },
    h(
      'p',
      {},
      h('strong', {}, from.map(personName).join(', ') || '(no sender)'),
      ' ',
      h('span', { class: 'muted' }, addresses.join(', ')),
    ),
    h('p', { class: 'muted' }, recipients.length > 0 ? `to ${named}${more}` : 'no recipients shown'),
  )
}

/**
 * The messages of the conversation, when there are several.
 * @param {readonly Summary[]} messages
 * @param {number} current UID
 * @param {(uid: number) => unknown} open
 */
export function conversationList(messages, current, open) {
  if (messages.length < 2) return undefined
  const items = messages.map(({ uid, from, preview, date }) =>
    h(
      'li',
      {},
      h(
        'button',
        {
          type: 'button',
          class: uid === current ? 'current' : '',
          'aria-current': uid === current ? 'true' : undefined,
          onclick: () => open(uid),
        },
        h('span', { class: 'who' }, from.map(personName).join(', ')),
        h('span', { class: 'preview' }, preview),
        h('time', {}, shortTime(date)),
      ),
    ),
  )
  return h('ol', { class: 'conversation', 'aria-label': 'Conversation' }, items)
}
