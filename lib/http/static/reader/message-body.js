import { fill, h } from '../base/dom.js'
import { htmlFrame } from './html-frame.js'

/** Frames in a page; what comes after them is shown as text. */
const MOST_FRAMES = 20

/** Links and quotes of a text that are made elements; the rest of a text that has more is text. */
const MOST_ELEMENTS = 10_000
const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g

/** Plain text with links, and quoted lines dimmed. */
function plainText(text) {
  const lines = text.replace(/\s+$/, '').split('\n')
  const blocks = []
  let left = MOST_ELEMENTS
  const linked = (some) =>
    some.split(left > 0 ? LINK : undefined).map((piece, index) => {
      if (index % 2 === 0 || left-- <= 0) return piece
      return h('a', { href: piece, target: '_blank', rel: 'noopener noreferrer nofollow' }, piece)
    })
  for (let at = 0, next = 0; at < lines.length; at = next) {
    const quoted = lines[at].startsWith('>')
    while (next < lines.length && (left <= 0 || lines[next].startsWith('>') === quoted)) next++
    const pieces = linked(`${lines.slice(at, next).join('\n')}\n`)
    if (quoted && left-- > 0) blocks.push(h('span', { class: 'quoted' }, pieces))
    else blocks.push(...pieces)
  }
  return h('div', { class: 'plain' }, blocks)
}

const note = (text, label, run) =>
  h('p', { class: 'banner' }, h('span', {}, text), label && h('button', { type: 'button', onclick: run }, label))

/**
 * The texts of a message, one below the other.
 * @param base the message's address in the API
 * @param asText HTML as text, too
 */
export function messageBody(message, base, asText) {
  const frames = new Set()
  const element = h('div', { class: 'message-body' })

  function htmlPart(box, body, images) {
    const { frame, free } = htmlFrame({ base, part: body.part, pictures: message.pictures, images }, (told) => {
      if (told.error) return void fill(box, note('The message could not be shown as its sender made it.'), text(body))
      if (!told.remote || element.querySelector('.remote')) return
      const banner = note('Pictures from elsewhere would tell the sender that you read this.', 'Show them', () =>
        draw(true),
      )
      banner.classList.add('remote')
      element.prepend(banner)
    })
    frames.add(free)
    fill(box, frame)
  }
  const text = (body) => [
    plainText(body.text),
    body.cut && note('There is more than is shown here: it is among the files of the message.'),
  ]
  function part(body, index, images) {
    if (body.type !== 'text/html' || asText || index >= MOST_FRAMES) return text(body)
    const box = h('div', { class: 'html-box' })
    if (!body.heavy) htmlPart(box, body, images)
    else {
      const show = () => htmlPart(box, body, images)
      fill(
        box,
        note('This message is so large that the page might stand still. This is its text.', 'Show it anyway', show),
        text(body),
      )
    }
    return box
  }
  function draw(images) {
    free()
    if (asText) fill(element, plainText(message.text))
    else if (message.bodies.length === 0) fill(element, h('p', { class: 'empty' }, 'This message has no text.'))
    else
      fill(
        element,
        message.bodies.flatMap((body, index) => part(body, index, images)),
      )
  }
  function free() {
    for (const release of frames) release()
    frames.clear()
  }
  draw(false)
  return { element, free }
}
