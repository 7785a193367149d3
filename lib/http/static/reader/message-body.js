// @ts-check
/** @import { InnerMessage, MessagePlace, MessageText } from '../base/types' */
import { button, fill, h } from '../base/dom.js'
import { htmlFrame } from './html-frame.js'
import { plainText } from './plain-text.js'
import { showPicturesOf, showsPicturesOf } from './trusted-senders.js'

/** Frames in a page; what comes after them is shown as text. */
const MOST_FRAMES = 20

/**
 * @param {string} text
 * @param {...(HTMLButtonElement | undefined)} actions
 */
const note = (text, ...actions) => h('p', { class: 'banner' }, h('span', {}, text), h('span', {}, actions))

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
 * @param {boolean} mayShow pictures of a sender who is trusted: nothing says that it is somebody else
 */
export function messageBody(message, place, { asText, ownColours }, mayShow) {
  /** @type {Set<() => void>} */
  const frames = new Set()
  const element = h('div', { class: 'message-body' })

  const sender = message.from[0]?.address ?? ''
  function offerPictures() {
    if (element.querySelector('.remote')) return
    const always = () => {
      showPicturesOf(sender, true)
      draw(true)
    }
    const banner = note(
      'Remote images are blocked: they would tell the sender that you read this.',
      button('Show images', () => draw(true)),
      sender ? button('Always from this sender', always) : undefined,
    )
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
  draw(mayShow && showsPicturesOf(sender))
  return { element, free }
}
