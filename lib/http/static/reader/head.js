// @ts-check
/** @import { Person } from '../base/types' */
/** @import { Reading } from './reader.js' */
import { h } from '../base/dom.js'
import { exactTime, personName } from '../base/format.js'
import { authenticationWords } from './authentication.js'

/** Recipients that are named in one line. */
const MOST_RECIPIENTS = 6

/**
 * Who wrote, to whom, and when; all addresses on demand.
 * @param {Reading} reading
 * @param {HTMLElement | undefined} unsubscribe
 */
export function fromLine(reading, unsubscribe) {
  const { shown } = reading
  const date = dateOf(reading)
  const addresses = shown.from.filter(({ name }) => name).map(({ address }) => address)
  return h(
    'div',
    { class: 'from-line' },
    avatar(shown.from),
    h(
      'div',
      { class: 'people' },
      h(
        'p',
        {},
        h('strong', { dir: 'auto' }, shown.from.map(personName).join(', ') || '(no sender)'),
        ' ',
        h('span', { class: 'muted' }, addresses.join(', ')),
        unsubscribe && [' ', unsubscribe],
      ),
      h('details', {}, h('summary', { class: 'muted' }, recipientsOf(reading)), details(reading)),
    ),
    date !== undefined && h('time', { class: 'muted', datetime: new Date(date).toISOString() }, exactTime(date)),
  )
}

/** @param {Reading} reading */
const dateOf = ({ shown, message, inner }) => shown.sentAt ?? (inner === undefined ? message.date : undefined)

/** @param {readonly Person[]} from */
export function avatar([sender]) {
  const initial = ((sender && [...personName(sender)][0]) || '?').toUpperCase()
  return h('span', { class: 'avatar', 'aria-hidden': 'true' }, initial)
}

/** @param {Reading} reading */
function recipientsOf({ shown: { to, cc } }) {
  const recipients = [...to, ...cc]
  if (recipients.length === 0) return 'no recipients shown'
  const named = recipients.slice(0, MOST_RECIPIENTS).map(personName).join(', ')
  const more = recipients.length > MOST_RECIPIENTS ? ` and ${recipients.length - MOST_RECIPIENTS} more` : ''
  return `to ${named}${more}`
}

/**
 * Everybody with name and address.
 * @param {Reading} reading
 */
function details(reading) {
  const { message, inner } = reading
  const { from, replyTo, to, cc, bcc } = reading.shown
  const date = dateOf(reading)
  /** @type {readonly (readonly [label: string, people: readonly Person[]])[]} */
  const lines = [
    ['From', from],
    ['Reply to', sameAs(from, replyTo) ? [] : replyTo],
    ['To', to],
    ['Cc', cc],
    ['Bcc', bcc],
  ]
  return h(
    'dl',
    { class: 'all-people' },
    lines.flatMap(([label, people]) =>
      people.length === 0 ? [] : [h('dt', {}, label), h('dd', {}, people.map(personLine))],
    ),
    date !== undefined && [h('dt', {}, 'Date'), h('dd', {}, new Date(date).toLocaleString())],
    inner === undefined && [h('dt', {}, 'Checked'), h('dd', {}, authenticationWords(message.authentication))],
  )
}

/** @param {Person} person */
const personLine = ({ name, address }) =>
  h('span', { dir: 'auto' }, name && address ? `${name} <${address}>` : name || address)

/**
 * @param {readonly Person[]} some
 * @param {readonly Person[]} others
 */
const sameAs = (some, others) =>
  some.map(({ address }) => address).join() === others.map(({ address }) => address).join()
