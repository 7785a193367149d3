// @ts-check
/** @import { Message, MessagePlace } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { chosen } from '../base/preferences.js'

/**
 * A sender who asks for a receipt is answered by hand, or not.
 * @param {Message} message
 * @param {MessagePlace} place
 */
export function receiptBanner({ receipt }, place) {
  if (receipt === undefined || chosen().receipts === 'never') return undefined
  /**
   * @param {boolean} send
   * @param {string} done
   */
  async function answer(send, done) {
    element.remove()
    try {
      await call('POST /mailboxes/{mailbox}/messages/{uid}/receipt', { ...place }, { send })
      toast(done)
    } catch (error) {
      toast(messageOf(error))
    }
  }
  const element = h(
    'p',
    { class: 'banner' },
    h('span', {}, `The sender asks for a receipt, to ${receipt}.`),
    h(
      'span',
      {},
      button('Send it', () => answer(true, 'The receipt was sent.')),
      button('No', () => answer(false, 'No receipt is sent.')),
    ),
  )
  return element
}
