// @ts-check
/** @import { Attachment, MessagePlace } from '../base/types' */
import { addressOf } from '../base/api.js'
import { h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { icon } from '../base/icons.js'

/**
 * The files of a message; one that is a message can be opened.
 * @param {readonly Attachment[]} attachments
 * @param {MessagePlace} place
 * @param {(part: string) => unknown} open
 */
export function fileList(attachments, place, open) {
  if (attachments.length === 0) return undefined
  const files = attachments.map(({ part, name, type, size, message }) => {
    const href = addressOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { ...place, part })
    const inside = [icon(message ? 'unread' : 'clip'), h('span', {}, name), h('small', {}, bytes(size))]
    if (!message) return h('li', {}, h('a', { href, download: name, title: type }, inside))
    return h(
      'li',
      {},
      h('button', { type: 'button', title: 'Open this message', onclick: () => open(part) }, inside),
      h('a', { href, download: name, title: 'Save the message', 'aria-label': `Save ${name}` }, icon('down')),
    )
  })
  return h('ul', { class: 'files', 'aria-label': 'Files' }, files)
}
