// @ts-check
/** @import { DraftFile } from '../../base/types' */

import { octetsOf } from '../../base/api.js'
import { dialog } from '../../base/dialogs.js'
import { h } from '../../base/dom.js'
import { field, form } from '../../base/forms.js'
import { iconButton } from '../../base/icons.js'
import { loadPurify } from '../../reader/clean-html.js'
import Squire from '../../squire.mjs'
import { textOf } from './convert.js'

/** What is taken from what is pasted, and from a draft: the server lets no more out (lib/mime/write/clean-html.ts). */
const CLEANING = {
  ALLOWED_TAGS: [
    ...[
      '#text',
      'a',
      'b',
      'blockquote',
      'br',
      'code',
      'div',
      'em',
      'h1',
      'h2',
      'h3',
      'h4',
      'hr',
      'i',
      'img',
      'li',
      'ol',
    ],
    ...['p', 'pre', 's', 'span', 'strong', 'sub', 'sup', 'table', 'tbody', 'td', 'th', 'thead', 'tr', 'u', 'ul'],
  ],
  ALLOWED_ATTR: ['href', 'src', 'alt', 'width', 'height', 'colspan', 'rowspan', 'type', 'data-cid'],
  ALLOW_DATA_ATTR: false,
  RETURN_DOM_FRAGMENT: true,
}
const LEADS = /^(?:https?:\/\/|mailto:|tel:)/i

/**
 * A text with formatting.
 * @param {object} ports
 * @param {string} ports.html
 * @param {() => void} ports.changed
 * @param {() => readonly DraftFile[]} ports.files
 * @param {(file: File, cid: string) => void} ports.addPicture
 */
export async function createEditor({ html, changed, files, addPicture }) {
  const purify = (await loadPurify())(window)
  /** @type {string[]} */
  const addresses = []
  const root = h('div', {
    ...{ class: 'rich-text', contenteditable: 'true', role: 'textbox', 'aria-multiline': 'true', 'aria-label': 'Text' },
    ...{ spellcheck: 'true', tabindex: '0' },
  })

  /** @param {string} dirty */
  function clean(dirty) {
    // The page's policy takes no styles and no handlers, and says so of each that a parser sees.
    const bare = dirty.replace(/\s(?:style|on\w+)\s*=\s*(?:"[^"]*"|'[^']*')/gi, '')
    const fragment = purify.sanitize(bare, { ...CLEANING, RETURN_DOM_FRAGMENT: true })
    for (const picture of fragment.querySelectorAll('img')) {
      const src = picture.getAttribute('src') ?? ''
      if (/^cid:/i.test(src)) show(picture, src.slice(4))
      // Nothing is fetched from elsewhere, and what is pasted as data has no file.
      else if (!addresses.includes(src)) picture.remove()
    }
    for (const link of fragment.querySelectorAll('a')) {
      if (!LEADS.test(link.getAttribute('href') ?? '')) link.removeAttribute('href')
    }
    return fragment
  }
  /**
   * A picture of the draft, which has octets here or is a part of a message.
   * @param {HTMLImageElement} picture
   * @param {string} cid
   */
  function show(picture, cid) {
    picture.removeAttribute('src')
    picture.dataset.cid = cid
    const file = files().find((known) => known.cid === cid)
    if (!file) return picture.remove()
    void octetsFor(file).then((octets) => {
      if (octets) picture.src = address(octets)
    })
  }
  /** @param {Blob} octets */
  function address(octets) {
    const made = URL.createObjectURL(octets)
    addresses.push(made)
    return made
  }
  /** @param {DraftFile} file */
  async function octetsFor({ octets, mailbox, uid, part, type = 'image/png' }) {
    if (octets) return octets
    if (mailbox === undefined || uid === undefined || part === undefined) return undefined
    const blob = await octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { mailbox, uid, part })
    return new Blob([blob], { type })
  }

  const squire = new Squire(root, {
    blockTag: 'DIV',
    addLinks: true,
    sanitizeToDOMFragment: (/** @type {string} */ dirty) => clean(dirty),
    tagAttributes: { blockquote: { type: 'cite' } },
  })
  // Its handles need styles that the page's policy does not take.
  squire._imageResizer.destroy()
  squire.setHTML(html)
  squire.moveCursorToStart()
  squire.addEventListener('input', changed)
  squire.addEventListener('pathChange', showState)

  /** @param {Iterable<File> | undefined} chosen */
  function addPictures(chosen) {
    const pictures = [...(chosen ?? [])].filter(({ type }) => /^image\/(?:png|jpeg|gif|webp)$/.test(type))
    for (const file of pictures) {
      const cid = `${crypto.randomUUID()}@webmail`
      addPicture(file, cid)
      squire.insertImage(address(file), { alt: file.name, 'data-cid': cid })
    }
    return pictures.length > 0
  }
  squire.addEventListener('pasteImage', (/** @type {Event} */ event) => {
    if (!(event instanceof CustomEvent)) return
    const { items = [] } = event.detail.clipboardData ?? {}
    addPictures([...items].flatMap((item) => (item.kind === 'file' ? (item.getAsFile() ?? []) : [])))
  })

  async function editLink() {
    if (squire.hasFormat('a')) {
      squire.removeLink()
      return
    }
    const range = squire.getSelection()
    const url = await dialog('Link', (close) => {
      const address = field('Address', { type: 'text', inputmode: 'url', required: true, maxlength: 2000 })
      return form([address], 'Make', async () => close(address.value.trim()))
    })
    squire.focus()
    squire.setSelection(range)
    if (typeof url === 'string' && url !== '') {
      const whole = LEADS.test(url) ? url : url.includes('@') && !url.includes('/') ? `mailto:${url}` : `https://${url}`
      if (range.collapsed) squire.insertPlainText(url, false)
      else squire.makeLink(whole)
    }
  }
  /** @type {readonly (readonly [icon: string, label: string, tag: string, on: () => unknown, off: () => unknown])[]} */
  const FORMATS = [
    ['bold', 'Bold', 'B', () => squire.bold(), () => squire.removeBold()],
    ['italic', 'Italic', 'I', () => squire.italic(), () => squire.removeItalic()],
    ['underline', 'Underline', 'U', () => squire.underline(), () => squire.removeUnderline()],
    ['bullets', 'List', 'UL', () => squire.makeUnorderedList(), () => squire.removeList()],
    ['numbers', 'Numbered list', 'OL', () => squire.makeOrderedList(), () => squire.removeList()],
    ['quote', 'Quote', 'BLOCKQUOTE', () => squire.increaseQuoteLevel(), () => squire.decreaseQuoteLevel()],
  ]
  /** @param {string} tag */
  const isOn = (tag) => squire.hasFormat(tag) || new RegExp(`(?:^|>)${tag}\\b`).test(squire.getPath())
  const buttons = FORMATS.map(([name, label, tag, on, off]) =>
    iconButton(
      name,
      label,
      () => {
        if (isOn(tag)) off()
        else on()
        squire.focus()
        showState()
      },
      { 'aria-pressed': 'false' },
    ),
  )
  const picker = h('input', {
    ...{ type: 'file', accept: 'image/png,image/jpeg,image/gif,image/webp', multiple: true, hidden: true },
    onchange() {
      addPictures(picker.files ?? [])
      picker.value = ''
    },
  })
  function showState() {
    for (const [index, [, , tag]] of FORMATS.entries()) buttons[index]?.setAttribute('aria-pressed', String(isOn(tag)))
  }
  const bar = h(
    'div',
    { class: 'rich-bar', role: 'toolbar', 'aria-label': 'Formatting' },
    buttons,
    iconButton('link', 'Link', editLink),
    iconButton('picture', 'Picture', () => picker.click()),
    iconButton('eraser', 'Clear formatting', () => {
      squire.removeAllFormatting()
      squire.focus()
    }),
    picker,
  )

  return {
    element: h('div', { class: 'rich' }, bar, root),
    addPictures,
    /** as it is sent: pictures by their names */
    get html() {
      const copy = new DOMParser().parseFromString(squire.getHTML(), 'text/html')
      for (const picture of copy.querySelectorAll('img')) {
        const { cid } = picture.dataset
        picture.removeAttribute('data-cid')
        if (cid) picture.setAttribute('src', `cid:${cid}`)
        else picture.remove()
      }
      return copy.body.innerHTML
    },
    get text() {
      return textOf(root)
    },
    set html(next) {
      squire.setHTML(next)
    },
    focus() {
      squire.focus()
      squire.moveCursorToStart()
      root.scrollTop = 0
    },
    end() {
      squire.destroy()
      for (const made of addresses) URL.revokeObjectURL(made)
    },
  }
}
