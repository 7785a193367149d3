// @ts-check
/** @import { Action, InnerMessage, Mailbox, Message, Summary } from '../base/types' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { icon } from '../base/icons.js'
import { fileList } from './files.js'
import { conversationList, messageHead } from './head.js'
import { messageBody } from './message-body.js'
import { toolbar } from './toolbar.js'

/** Messages of a conversation that are listed. */
const MOST_LISTED = 100

/**
 * What is read: a message of a mailbox, or one that is attached to it.
 * @typedef {object} Reading
 * @property {Mailbox} mailbox
 * @property {Message} message
 * @property {InnerMessage} shown the message itself, or the attached one
 * @property {string | undefined} inner the part that holds the attached one
 */

/** @param {{ onAction: (action: Action) => unknown, onBack: () => void }} ports */
export function createReader({ onAction, onBack }) {
  const element = h('section', { class: 'reader', 'aria-label': 'Message', tabindex: '-1' })
  const nothing = () => h('div', { class: 'nothing' }, icon('unread'), h('p', {}, 'No message is open.'))
  /** @type {Reading | undefined} */
  let reading
  /** @type {Reading[]} the messages around the one that is shown, the outermost first */
  let outer = []
  /** @type {Summary[]} */
  let conversation = []
  /** @type {ReturnType<typeof messageBody> | undefined} */
  let body
  let how = { asText: false, ownColours: false }
  let opening = 0
  fill(element, nothing())

  /** @param {Reading} now */
  function show(now) {
    reading = now
    draw(now)
  }

  /** @param {Reading} now */
  function draw(now) {
    const { shown, message, mailbox, inner } = now
    const place = { mailbox: mailbox.id, uid: message.uid }
    const uids = conversation.map(({ uid }) => uid)
    body?.free()
    body = messageBody(shown, place, how)
    fill(
      element,
      toolbar(now, {
        onAction,
        onBack,
        how,
        turn(change) {
          how = { ...how, ...change }
          draw(now)
        },
      }),
      inner !== undefined && insideBanner(),
      messageHead(
        now,
        inner === undefined
          ? conversationList(conversation, message.uid, (uid) => open(mailbox, uid, uids))
          : undefined,
      ),
      fileList(shown.attachments, place, (part) => openInside(now, part)),
      body.element,
    )
  }

  /**
   * A message that is attached to the open one, or to one inside of it.
   * @param {Reading} around
   * @param {string} part
   */
  async function openInside(around, part) {
    const mine = opening
    const where = { mailbox: around.mailbox.id, uid: around.message.uid, part }
    const shown = await call('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/message', where)
    if (mine !== opening) return
    outer.push(around)
    show({ ...around, shown, inner: part })
    element.focus({ preventScroll: true })
  }
  function closeInside() {
    const around = outer.pop()
    if (around) show(around)
  }
  const insideBanner = () =>
    h(
      'p',
      { class: 'banner inside' },
      h('span', {}, 'A message that is attached to another.'),
      button('Back to the other', closeInside),
    )

  /**
   * @param {Mailbox} mailbox
   * @param {number} uid
   * @param {readonly number[]} uids of its conversation
   */
  async function open(mailbox, uid, uids) {
    const mine = ++opening
    const where = { mailbox: mailbox.id }
    const [message, around] = await Promise.all([
      call('GET /mailboxes/{mailbox}/messages/{uid}', { ...where, uid }),
      uids.length > 1
        ? call('GET /mailboxes/{mailbox}/summaries', { ...where, uids: uids.slice(-MOST_LISTED).join(',') })
        : { messages: [] },
    ])
    if (mine !== opening) return
    outer = []
    conversation = around.messages
    how = { asText: false, ownColours: false }
    show({ mailbox, message, shown: message, inner: undefined })
    element.focus({ preventScroll: true })
    const unseen = [message, ...conversation].filter(({ flags }) => !flags.includes('\\Seen'))
    if (unseen.length === 0) return
    const change = { uids: unseen.map((unread) => unread.uid), add: ['\\Seen'] }
    await call('POST /mailboxes/{mailbox}/flags', where, change)
  }

  return {
    element,
    open,
    get reading() {
      return reading
    },
    get message() {
      return reading?.message
    },
    close() {
      opening++
      reading = undefined
      body?.free()
      body = undefined
      fill(element, nothing())
    },
    /** @param {boolean} on */
    flagged(on) {
      element.querySelector('[aria-label="Flag"]')?.setAttribute('aria-pressed', String(on))
    },
  }
}
/** @typedef {ReturnType<typeof createReader>} Reader */
