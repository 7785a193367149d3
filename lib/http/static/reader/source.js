// @ts-check
/** @import { MessagePlace } from '../base/types' */
import { octetsOf } from '../base/api.js'
import { dialog } from '../base/dialogs.js'
import { h } from '../base/dom.js'
import { bytes } from '../base/format.js'

/** Octets that are shown; all of it can be saved. */
const MOST = 256 * 1024

/**
 * The message as it came: its header, and what follows.
 * @param {MessagePlace} place
 * @param {number} size octets of all of it
 */
export async function showSource(place, size) {
  const where = { ...place, first: MOST }
  const blob = await octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/source', where)
  const source = (await blob.text()).replaceAll('\r\n', '\n')
  const end = source.indexOf('\n\n')
  const header = end < 0 ? source : source.slice(0, end)
  const rest = end < 0 ? '' : source.slice(end + 2)
  await dialog(
    'Headers and source',
    () => [
      h('pre', { class: 'source', tabindex: '0', 'aria-label': 'Header' }, header),
      h(
        'details',
        {},
        h('summary', {}, size > MOST ? `Body, its first ${bytes(MOST)}` : 'Body'),
        h('pre', { class: 'source', tabindex: '0', 'aria-label': 'Body' }, rest),
      ),
    ],
    'wide',
  )
}
