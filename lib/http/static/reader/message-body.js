// @ts-check
/** @import { InnerMessage, MessagePlace, MessageText } from '../base/types' */
import { button, fill, h } from '../base/dom.js'
import { htmlFrame } from './html-frame.js'
import { plainText } from './plain-text.js'

/** Frames in a page; what comes after them is shown as text. */
const MOST_FRAMES = 20

/**
 * @param {string} text
 * @param {HTMLButtonElement} [action]
 */
const note = (text, action) => h('p', { class: 'banner' }, h('span', {}, text), action)

/** @param {MessageText} body */
const asPlain = (body) => [
  plainText(body.text),
  body.cut && note('There is more than is shown here: it is among the files of the message.'),
]

/**
 * The texts of a message, one below the other.
 * @param {InnerMessage} message
 * @param {MessagePlace} place
 * @param {{ asText: boolean, ownColours: boolean }} how HTML as text, too; light HTML stays light on a dark page
 */
export function messageBody(message, place, { asText, ownColours }) {
  /** @type {Set<() => void>} */
  const frames = new Set()
  const element = h('div', { class: 'message-body' })

  function offerPictures() {
    if (element.querySelector('.remote')) return
    const show = button('Show them', () => draw(true))
    const banner = note('Pictures from elsewhere would tell the sender that you read this.', show)
    banner.classList.add('remote')
    element.prepend(banner)
  }
  /**
   * @param {HTMLElement} box
   * @param {MessageText} body
   * @param {boolean} images from elsewhere
   */
  function showHtml(box, body, images) {
    const source = { place, part: body.part, pictures: message.pictures, images, ownColours }
    const { frame, free } = htmlFrame(source, (shown) => {
      if (shown === 'failed') {
        fill(box, note('The message could not be shown as its sender made it.'), ...asPlain(body))
      } else if (shown === 'without-remote') offerPictures()
    })
    frames.add(free)
    fill(box, frame)
  }
  /**
   * @param {MessageText} body
   * @param {number} index
   * @param {boolean} images
   */
  function part(body, index, images) {
    if (body.type !== 'text/html' || asText || index >= MOST_FRAMES) return asPlain(body)
    const box = h('div', { class: 'html-box' })
    if (body.heavy) {
      const show = button('Show it anyway', () => showHtml(box, body, images))
      const why = 'This message is so large that the page might stand still. This is its text.'
      fill(box, note(why, show), ...asPlain(body))
    } else showHtml(box, body, images)
    return [box]
  }
  /** @param {boolean} images */
  function draw(images) {
    free()
    if (asText) fill(element, plainText(message.text))
    else if (message.bodies.length === 0) fill(element, h('p', { class: 'empty' }, 'This message has no text.'))
    else fill(element, ...message.bodies.flatMap((body, index) => part(body, index, images)))
  }
  function free() {
    for (const release of frames) release()
    frames.clear()
  }
  draw(false)
  return { element, free }
}
