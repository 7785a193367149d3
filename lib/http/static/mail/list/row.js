// @ts-check
/** @import { Summary } from '../../base/types' */
import { h } from '../../base/dom.js'
import { personName, shortTime } from '../../base/format.js'
import { icon } from '../../base/icons.js'

/**
 * @typedef {object} RowState
 * @property {number} index
 * @property {number} total
 * @property {boolean} active
 * @property {boolean} chosen
 * @property {boolean} sent the other side is who it went to
 * @property {string} where name of its mailbox; empty: that of the list
 */

/**
 * One line of the list.
 * @param {Summary} message
 * @param {RowState} state
 * @param {{ onclick: (event: MouseEvent) => unknown, ondragstart: (event: DragEvent) => unknown }} events
 */
export function rowOf(message, { index, total, active, chosen, sent, where }, events) {
  const { conversation, flags, attachments, date } = message
  const unread = conversation ? conversation.unread > 0 : !flags.includes('\\Seen')
  const flagged = flags.includes('\\Flagged')
  const people = sent ? message.to : message.from
  const names = people.map(personName).join(', ') || (sent ? '(no recipient)' : '(no sender)')
  const subject = message.subject || '(no subject)'
  const count = conversation?.uids.length ?? 1
  const label = [unread && 'Unread', flagged && 'Flagged', names, subject, shortTime(date), attachments && 'with files']
  const classes = ['row', unread && 'unread', active && 'active', chosen && 'chosen']
  return h(
    'div',
    {
      class: classes.filter(Boolean).join(' '),
      role: 'option',
      id: `row-${index}`,
      'aria-selected': String(chosen || active),
      'aria-label': label.filter(Boolean).join(', '),
      'aria-setsize': total,
      'aria-posinset': index + 1,
      draggable: 'true',
      ...events,
    },
    h('span', { class: 'tick', title: 'Select' }, h('span', { class: 'dot' })),
    h(
      'span',
      { class: 'row-main' },
      h(
        'span',
        { class: 'row-top' },
        h('span', { class: 'who', dir: 'auto' }, names),
        count > 1 && h('span', { class: 'count' }, String(count)),
        flagged && h('span', { class: 'starred' }, icon('star')),
        attachments && icon('clip'),
        where !== '' && h('span', { class: 'count' }, where),
        h('time', { datetime: new Date(date).toISOString() }, shortTime(date)),
      ),
      h('span', { class: 'subject', dir: 'auto' }, subject),
      h('span', { class: 'preview', dir: 'auto' }, message.preview),
    ),
  )
}

/** What stands where a message is yet to come. */
export const blankRow = () => h('div', { class: 'row blank', 'aria-hidden': 'true' })
