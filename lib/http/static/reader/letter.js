// @ts-check
/** @import { DraftStart, Mailbox, Summary } from '../base/types' */
/** @import { Reading } from './reader.js' */
/** @import { Look } from './toolbar.js' */
import { call } from '../base/api.js'
import { fill, h } from '../base/dom.js'
import { personName, shortTime } from '../base/format.js'
import { forgedBanner } from './authentication.js'
import { fileList } from './files.js'
import { avatar, fromLine } from './head.js'
import { invitationCard } from './invitation.js'
import { unsubscribeLink } from './list-banner.js'
import { messageBody } from './message-body.js'
import { receiptBanner } from './receipt-banner.js'

/**
 * @typedef {object} Ports
 * @property {(letter: Letter) => void} onCurrent it is the one that is read
 * @property {(around: Reading, part: string) => unknown} onInside a message attached to it is to be opened
 * @property {(start: DraftStart) => unknown} onWrite
 */

/**
 * One message of those that are shown below each other: a line while it is closed, all of it when it is open.
 * @param {{ mailbox: Mailbox, summary?: Summary | undefined, reading?: Reading }} what a summary: it can be closed to a line
 * @param {Ports} ports
 */
export function createLetter({ mailbox, summary, reading: given }, { onCurrent, onInside, onWrite }) {
  const element = h('article', { class: 'letter' })
  let reading = given
  /** @type {ReturnType<typeof messageBody> | undefined} */
  let body
  /** @type {ReturnType<typeof fileList> | undefined} */
  let files
  /** @type {Look} */
  let how = { asText: false, ownColours: false }
  let isOpen = false

  function free() {
    body?.free()
    files?.free()
  }
  /** @param {Reading} now */
  function drawOpen(now) {
    const { shown, message } = now
    const place = { mailbox: mailbox.id, uid: message.uid }
    free()
    const forged = now.inner === undefined ? forgedBanner(message.authentication) : undefined
    body = messageBody(shown, place, how, !forged)
    files = fileList({ attachments: shown.attachments, place, all: now.inner === undefined }, (part) =>
      onInside(now, part),
    )
    isOpen = true
    element.classList.add('open')
    element.setAttribute('aria-label', `Message from ${shown.from.map(personName).join(', ')}`)
    fill(
      element,
      summary && h('button', { type: 'button', class: 'fold-up', 'aria-expanded': 'true', onclick: close }, 'Fold'),
      fromLine(now, now.inner === undefined ? unsubscribeLink(message, place, onWrite) : undefined),
      forged,
      now.inner === undefined && mailbox.role !== 'sent' && receiptBanner(message, place),
      now.inner === undefined && message.invitation !== undefined && invitationCard(place, message.invitation),
      files.element,
      body.element,
    )
  }
  function close() {
    if (!summary) return
    free()
    isOpen = false
    element.classList.remove('open')
    element.removeAttribute('aria-label')
    fill(
      element,
      closedLine(summary, () => void open()),
    )
  }
  /** @param {Reading} now */
  function openWith(now) {
    reading = now
    drawOpen(now)
  }
  /** Fetched first, when that is yet to be done. */
  async function open() {
    if (!reading && summary) {
      element.classList.add('loading')
      const where = { mailbox: mailbox.id, uid: summary.uid }
      const message = await call('GET /mailboxes/{mailbox}/messages/{uid}', where).finally(() =>
        element.classList.remove('loading'),
      )
      reading = { mailbox, message, shown: message, inner: undefined }
    }
    if (reading) openWith(reading)
    onCurrent(letter)
  }
  element.addEventListener('focusin', () => isOpen && onCurrent(letter))
  element.addEventListener('click', () => isOpen && onCurrent(letter))

  const letter = {
    element,
    uid: summary?.uid ?? given?.message.uid,
    open,
    close,
    get reading() {
      return reading
    },
    get isOpen() {
      return isOpen
    },
    get how() {
      return how
    },
    /** @param {Partial<Look>} change */
    turn(change) {
      how = { ...how, ...change }
      if (reading) drawOpen(reading)
    },
    openWith,
    free,
  }
  close()
  return letter
}
/** @typedef {ReturnType<typeof createLetter>} Letter */

/**
 * @param {Summary} summary
 * @param {() => unknown} open
 */
const closedLine = ({ from, preview, date, flags }, open) =>
  h(
    'button',
    {
      type: 'button',
      class: flags.includes('\\Seen') ? 'closed-letter' : 'closed-letter unread',
      'aria-expanded': 'false',
      onclick: open,
    },
    avatar(from),
    h('span', { class: 'who', dir: 'auto' }, from.map(personName).join(', ') || '(no sender)'),
    h('span', { class: 'preview', dir: 'auto' }, preview),
    h('time', {}, shortTime(date)),
  )
