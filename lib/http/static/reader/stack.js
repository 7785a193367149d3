// @ts-check
/** @import { Mailbox, Message, Summary } from '../base/types' */
/** @import { Letter, Ports } from './letter.js' */
import { button, fill, h } from '../base/dom.js'
import { createLetter } from './letter.js'

/** Unread messages that are opened at once. */
const MOST_OPEN = 10
/** More closed messages than these, and those between the first and the last stand behind a button. */
const MOST_CLOSED = 6
const LAST_CLOSED = 2

/**
 * The messages of a conversation, one below the other, the oldest first.
 * @param {{ mailbox: Mailbox, message: Message, conversation: readonly Summary[] }} what the message that was asked for, and all
 * @param {Ports} ports
 */
export function createStack({ mailbox, message, conversation }, ports) {
  const alone = conversation.length < 2
  const letters = alone
    ? [createLetter({ mailbox, reading: { mailbox, message, shown: message, inner: undefined } }, ports)]
    : conversation.map((summary) => createLetter({ mailbox, summary }, ports))
  const asked = letters.find(({ uid }) => uid === message.uid) ?? letters[0]
  asked?.openWith({ mailbox, message, shown: message, inner: undefined })
  const element = h('div', { class: alone ? 'stack' : 'stack several' })
  fill(element, ...withoutMiddle(letters))

  /** Those that were not read before are open, too. @returns the first of all that are */
  async function openUnread() {
    const unread = conversation
      .filter(({ uid, flags }) => uid !== message.uid && !flags.includes('\\Seen'))
      .slice(-MOST_OPEN)
    const opened = letters.filter(({ uid }) => unread.some((summary) => summary.uid === uid))
    await Promise.all(opened.map((letter) => letter.open()))
    return letters.find(({ isOpen }) => isOpen)
  }
  return {
    element,
    asked,
    openUnread,
    /** @param {Letter} current */
    mark(current) {
      for (const letter of letters) letter.element.classList.toggle('current', !alone && letter === current)
    },
    free() {
      for (const letter of letters) letter.free()
    },
  }
}

/**
 * @param {readonly Letter[]} letters
 * @returns {HTMLElement[]}
 */
function withoutMiddle(letters) {
  const elements = letters.map(({ element }) => element)
  const open = letters.findIndex(({ isOpen }) => isOpen)
  if (open <= MOST_CLOSED) return elements
  const middle = elements.slice(1, open - LAST_CLOSED)
  const more = button(`${middle.length} more messages`, () => more.replaceWith(...middle), 'quiet')
  return [...elements.slice(0, 1), more, ...elements.slice(open - LAST_CLOSED)]
}
