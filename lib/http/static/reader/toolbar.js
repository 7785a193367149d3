// @ts-check
/** @import { Action } from '../base/types' */
/** @import { Reading } from './reader.js' */
import { addressOf } from '../base/api.js'
import { dialog } from '../base/dialogs.js'
import { gap, h } from '../base/dom.js'
import { icon, iconButton } from '../base/icons.js'
import { fileNameOf } from './answer.js'
import { isDark } from './html-frame.js'
import { showSource } from './source.js'

const WIDE = { class: 'icon-button only-wide' }

/** @param {Reading} reading */
const junkLabel = ({ mailbox }) => (mailbox.role === 'junk' ? 'Not junk' : 'Junk')

/** @typedef {{ asText: boolean, ownColours: boolean }} Look how HTML is shown */
/**
 * @typedef {object} Ports
 * @property {(action: Action) => unknown} onAction
 * @property {() => void} onBack
 * @property {() => Look} how
 * @property {(change: Partial<Look>) => void} turn
 */

/**
 * @param {Reading} reading
 * @param {Ports} ports
 */
export const toolbar = (reading, { onAction, onBack, ...ports }) =>
  h(
    'div',
    { class: 'reader-bar', role: 'toolbar', 'aria-label': 'Message' },
    iconButton('back', 'Back to the list', onBack, { class: 'icon-button only-narrow' }),
    iconButton('reply', 'Reply', () => onAction('reply')),
    iconButton('replyAll', 'Reply to all', () => onAction('replyAll')),
    iconButton('forward', 'Forward', () => onAction('forward'), WIDE),
    gap(),
    iconButton('archive', 'Archive', () => onAction('archive')),
    iconButton('junk', junkLabel(reading), () => onAction('junk'), WIDE),
    iconButton('trash', 'Delete', () => onAction('delete')),
    iconButton('move', 'Move', () => onAction('move'), WIDE),
    iconButton('unread', 'Unread', () => onAction('seen'), WIDE),
    iconButton('star', 'Flag', () => onAction('flag'), {
      'aria-pressed': String(reading.message.flags.includes('\\Flagged')),
    }),
    iconButton('more', 'More', () => more(reading, { onAction, onBack, ...ports })),
  )

/**
 * What is rare, and what a phone's toolbar has no room for.
 * @param {Reading} reading
 * @param {Ports} ports
 */
async function more(reading, { onAction, how: lookNow, turn }) {
  const how = lookNow()
  /** @type {Action | 'text' | 'colours' | 'source' | 'print' | undefined} */
  const chosen = await dialog('Message', (close) => {
    /**
     * @param {string} picture
     * @param {string} label
     * @param {Action | 'text' | 'colours' | 'source' | 'print'} value
     * @param {string} [where]
     */
    const choice = (picture, label, value, where = '') =>
      h('button', { type: 'button', class: `quiet ${where}`, onclick: () => close(value) }, icon(picture), label)
    const narrow = 'only-narrow'
    return h(
      'div',
      { class: 'choices' },
      choice('forward', 'Forward', 'forward', narrow),
      choice('move', 'Move', 'move', narrow),
      choice('junk', junkLabel(reading), 'junk', narrow),
      choice('unread', 'Mark as unread', 'seen', narrow),
      choice('clip', 'Forward as attachment', 'forwardFile'),
      reading.shown.hasHtml &&
        choice('threads', how.asText ? 'Show as its sender made it' : 'Show as plain text', 'text'),
      reading.shown.hasHtml &&
        isDark() &&
        choice('sun', how.ownColours ? 'Show in dark colours' : 'Show in its own colours', 'colours'),
      choice('print', 'Print', 'print'),
      reading.inner === undefined && choice('source', 'Headers and source', 'source'),
      h(
        'a',
        {
          href: sourceOf(reading),
          download: fileNameOf(reading.shown.subject),
          class: 'button quiet',
          onclick: () => close(),
        },
        icon('down'),
        'Download (.eml)',
      ),
    )
  })
  if (chosen === 'text') turn({ asText: !how.asText })
  else if (chosen === 'colours') turn({ ownColours: !how.ownColours })
  else if (chosen === 'print') window.print()
  else if (chosen === 'source') {
    await showSource({ mailbox: reading.mailbox.id, uid: reading.message.uid }, reading.message.size)
  } else if (chosen) onAction(chosen)
}

/** @param {Reading} reading */
function sourceOf({ mailbox, message, inner }) {
  const place = { mailbox: mailbox.id, uid: message.uid }
  return inner === undefined
    ? addressOf('GET /mailboxes/{mailbox}/messages/{uid}/source', place)
    : addressOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { ...place, part: inner })
}
