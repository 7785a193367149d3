// @ts-check
/** @import { Action, DraftStart, InnerMessage, Mailbox, Message } from '../base/types' */
/** @import { Letter } from './letter.js' */
/** @import { Look } from './toolbar.js' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { createLetter } from './letter.js'
import { mailtoStart } from './mailto.js'
import { createStack } from './stack.js'
import { failed, loading, nothing } from './states.js'
import { toolbar } from './toolbar.js'

/** Messages of a conversation that are listed. */
const MOST_LISTED = 100
/** Milliseconds until a message that is being fetched says so. */
const PATIENCE = 250

/**
 * What is read: a message of a mailbox, or one that is attached to it.
 * @typedef {object} Reading
 * @property {Mailbox} mailbox
 * @property {Message} message
 * @property {InnerMessage} shown the message itself, or the attached one
 * @property {string | undefined} inner the part that holds the attached one
 */

/**
 * @typedef {object} Ports
 * @property {(action: Action) => unknown} onAction
 * @property {() => void} onBack
 * @property {(start: DraftStart) => unknown} onWrite an address in a message was followed
 */

/**
 * @param {HTMLElement} element
 * @param {Ports} ports
 */
export function createReader(element, { onAction, onBack, onWrite }) {
  const bar = h('div', { class: 'reader-top' })
  /** @type {ReturnType<typeof createStack> | undefined} */
  let stack
  /** @type {Letter | undefined} */
  let current
  /** @type {Letter[]} messages that are attached to one, and those inside of them: the last is shown */
  let inside = []
  let opening = 0

  /** @param {Letter} letter */
  function onCurrent(letter) {
    if (current === letter) return
    current = letter
    stack?.mark(letter)
    drawBar()
  }
  function drawBar() {
    if (!current?.reading) return
    const letter = current
    /** @param {Partial<Look>} change */
    const turn = (change) => letter.turn(change)
    fill(bar, toolbar(current.reading, { onAction, onBack, how: () => letter.how, turn }))
  }
  /**
   * @param {string} subject
   * @param {...(HTMLElement | undefined)} content
   */
  const drawPage = (subject, ...content) =>
    fill(
      element,
      bar,
      h('header', { class: 'message-head' }, h('h2', { dir: 'auto' }, subject || '(no subject)')),
      ...content,
    )

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
    const reading = { ...around, shown, inner: part }
    const letter = createLetter({ mailbox: around.mailbox, reading }, { onCurrent, onInside: openInside, onWrite })
    letter.openWith(reading)
    inside.push(letter)
    showLast()
  }
  function closeInside() {
    inside.pop()?.free()
    showLast()
  }
  /** The innermost message that is open, or the conversation. */
  function showLast() {
    const letter = inside.at(-1)
    current = letter ?? stack?.asked
    drawBar()
    const subject = current?.reading?.shown.subject ?? ''
    if (letter) drawPage(subject, insideBanner(), letter.element)
    else drawPage(subject, stack?.element)
    if (current && !letter) stack?.mark(current)
    element.focus({ preventScroll: true })
    element.scrollTop = 0
  }
  const insideBanner = () =>
    h(
      'p',
      { class: 'banner inside' },
      h('span', {}, 'A message that is attached to another.'),
      button('Back to the other', closeInside),
    )

  /** What was asked for is on its way, and the line is slow. */
  function showLoading() {
    free()
    fill(element, loading())
  }
  /**
   * @param {Mailbox} mailbox
   * @param {number} uid
   * @param {readonly number[]} uids of its conversation
   */
  async function open(mailbox, uid, uids) {
    const mine = ++opening
    const where = { mailbox: mailbox.id }
    const slow = setTimeout(() => mine === opening && showLoading(), PATIENCE)
    try {
      const [message, around] = await Promise.all([
        call('GET /mailboxes/{mailbox}/messages/{uid}', { ...where, uid }),
        uids.length > 1
          ? call('GET /mailboxes/{mailbox}/summaries', { ...where, uids: uids.slice(-MOST_LISTED).join(',') })
          : { messages: [] },
      ])
      clearTimeout(slow)
      if (mine !== opening) return
      free()
      const fresh = createStack(
        { mailbox, message, conversation: around.messages },
        { onCurrent, onInside: openInside, onWrite },
      )
      stack = fresh
      showLast()
      const unseen = [message, ...around.messages].filter(({ flags }) => !flags.includes('\\Seen'))
      await fresh.openUnread()
      if (mine === opening) scrollTo(fresh)
      if (unseen.length === 0) return
      const change = { uids: [...new Set(unseen.map((unread) => unread.uid))], add: ['\\Seen'] }
      await call('POST /mailboxes/{mailbox}/flags', where, change)
    } catch (error) {
      clearTimeout(slow)
      if (mine === opening) {
        free()
        fill(
          element,
          failed(error, () => open(mailbox, uid, uids), onBack),
        )
      }
      throw error
    }
  }
  /**
   * To the first message that is open, where those before it take up the page.
   * @param {NonNullable<typeof stack>} fresh
   */
  function scrollTo(fresh) {
    if (fresh.asked) onCurrent(fresh.asked)
    const first = fresh.element.querySelector('.letter.open')
    if (!(first instanceof HTMLElement)) return
    const top = first.offsetTop - bar.offsetHeight
    if (top > element.clientHeight / 2) element.scrollTop = top
  }
  function free() {
    stack?.free()
    for (const letter of inside) letter.free()
    stack = undefined
    current = undefined
    inside = []
  }
  element.addEventListener('click', (event) => {
    const link = event.target instanceof Element && event.target.closest('a[href^="mailto:" i]')
    if (!link) return
    event.preventDefault()
    onWrite(mailtoStart(link.getAttribute('href') ?? ''))
  })
  // From a frame that shows HTML.
  element.addEventListener('mailto', (event) => {
    if (event instanceof CustomEvent) onWrite(mailtoStart(String(event.detail)))
  })

  return {
    open,
    get reading() {
      return current?.reading
    },
    get message() {
      return current?.reading?.message
    },
    close() {
      opening++
      free()
      fill(element, nothing())
    },
    /** @param {boolean} on */
    flagged(on) {
      element.querySelector('[aria-label="Flag"]')?.setAttribute('aria-pressed', String(on))
    },
  }
}
/** @typedef {ReturnType<typeof createReader>} Reader */
