// @ts-check
/** @import { Mailbox } from '../../base/types' */
/** @import { Order } from './look.js' */
import { call } from '../../base/api.js'
import { confirmBox, dialog, toast } from '../../base/dialogs.js'
import { h } from '../../base/dom.js'
import { icon } from '../../base/icons.js'
import { titleOf } from '../mailboxes.js'
import { chosenOrder, isCompact, ORDERS } from './look.js'

/**
 * @typedef {{ order: Order } | { compact: boolean } | 'read' | 'empty'} Option
 */

/**
 * What is done with a list as a whole.
 * @param {Mailbox} mailbox
 * @returns {Promise<Option | undefined>}
 */
export const pickOption = (mailbox) =>
  dialog('List options', (close) => {
    const order = chosenOrder()
    const compact = isCompact()
    /**
     * @param {string} label
     * @param {boolean} pressed
     * @param {Option} option
     */
    const choice = (label, pressed, option) =>
      h('button', { type: 'button', 'aria-pressed': String(pressed), onclick: () => close(option) }, label)
    return [
      h('h3', {}, 'Order'),
      h(
        'div',
        { class: 'choice-line' },
        ORDERS.map(([name, label]) => choice(label, name === order, { order: name })),
      ),
      h('h3', {}, 'Rows'),
      h('div', { class: 'choice-line' }, [
        choice('Comfortable', !compact, { compact: false }),
        choice('Compact', compact, { compact: true }),
      ]),
      h('h3', {}, titleOf(mailbox)),
      h('div', { class: 'choices' }, [
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: () => close('read') },
          icon('unread'),
          'Mark all as read',
        ),
        canEmpty(mailbox) &&
          h(
            'button',
            { type: 'button', class: 'quiet', onclick: () => close('empty') },
            icon('trash'),
            `Empty ${titleOf(mailbox)}`,
          ),
      ]),
    ]
  })

/** @param {Mailbox} mailbox */
const canEmpty = ({ role, messages }) => (role === 'trash' || role === 'junk') && messages > 0

/**
 * Each message of a mailbox, as many at a time as a change takes.
 * @param {Mailbox} mailbox
 * @param {string | undefined} query
 * @param {(uids: number[]) => Promise<unknown>} change after which they are found no more
 */
async function untilNone({ id }, query, change) {
  let done = 0
  let last = 0
  for (;;) {
    const { uids } = await call('GET /mailboxes/{mailbox}/uids', { mailbox: id, query })
    const [first = 0] = uids
    // What was changed and is still found would be found for ever.
    if (first <= last) return done
    await change(uids)
    last = uids.at(-1) ?? first
    done += uids.length
  }
}

/** @param {Mailbox} mailbox */
export async function markAllRead(mailbox) {
  const where = { mailbox: mailbox.id }
  const done = await untilNone(mailbox, 'is:unread', (uids) =>
    call('POST /mailboxes/{mailbox}/flags', where, { uids, add: ['\\Seen'] }),
  )
  toast(done === 0 ? 'All were read already.' : `${done} marked as read.`)
}

/** @param {Mailbox} mailbox */
export async function emptyMailbox(mailbox) {
  const text = `All ${mailbox.messages} messages of ${titleOf(mailbox)} go to Recently deleted, and then away for ever.`
  if (!(await confirmBox(`Empty ${titleOf(mailbox)}`, text, 'Empty'))) return
  const where = { mailbox: mailbox.id }
  const done = await untilNone(mailbox, undefined, (uids) => call('POST /mailboxes/{mailbox}/expunge', where, { uids }))
  toast(`${done} messages removed.`)
}
