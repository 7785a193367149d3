// @ts-check
/** @import { DraftStart, Message, MessagePlace } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { mailtoStart } from './mailto.js'

/**
 * Leaving the mailing list that sent a message: by the server when it can, else by writing, else by a page of the list.
 * @param {Message} message
 * @param {MessagePlace} place
 * @param {(start: DraftStart) => unknown} onWrite
 */
export function unsubscribeLink({ unsubscribe, from }, place, onWrite) {
  if (!unsubscribe) return undefined
  const { oneClick, mailto, page } = unsubscribe
  const list = from[0]?.name || from[0]?.address || 'this list'
  async function leave() {
    const text = `${list} is asked to send you no more of these messages.`
    if (!(await confirmBox('Unsubscribe', text, 'Unsubscribe'))) return
    try {
      await call('POST /mailboxes/{mailbox}/messages/{uid}/unsubscribe', place)
      toast(`You left ${list}.`)
    } catch (error) {
      toast(messageOf(error))
    }
  }
  if (oneClick) return button('Unsubscribe', leave, 'quiet unsubscribe')
  if (mailto) return button('Unsubscribe', () => onWrite(mailtoStart(mailto)), 'quiet unsubscribe')
  const leads = { href: page, target: '_blank', rel: 'noopener noreferrer', class: 'unsubscribe' }
  return page ? h('a', leads, 'Unsubscribe (page of the list)') : undefined
}
