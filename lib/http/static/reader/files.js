// @ts-check
/** @import { Attachment, MessagePlace } from '../base/types' */
import { addressOf, octetsOf } from '../base/api.js'
import { dialog } from '../base/dialogs.js'
import { h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { icon } from '../base/icons.js'

/** What all browsers show as a picture, and nothing in it can run. */
const PICTURE = /^image\/(?:png|jpe?g|gif|webp|bmp|avif)$/
/** Pictures that are shown small beside their names, and their octets at most: each is fetched whole. */
const MOST_SMALL = 12
const MOST_OCTETS = 3 * 1024 * 1024

/** @param {Attachment} file */
const isPicture = ({ type }) => PICTURE.test(type)
/** @param {Attachment} file */
const isPdf = ({ type, name }) => type === 'application/pdf' || /\.pdf$/i.test(name)

/**
 * The files of a message: they can be saved, pictures and PDF files can be looked at, and messages opened.
 * @param {{ attachments: readonly Attachment[], place: MessagePlace, all: boolean }} what all: one archive of them can be had
 * @param {(part: string) => unknown} open a message
 */
export function fileList({ attachments, place, all }, open) {
  /** @type {string[]} addresses of pictures, which are to be revoked */
  const addresses = []
  if (attachments.length === 0) return { element: undefined, free: () => undefined }
  let small = 0
  const files = attachments.map((file) => {
    const { part, name, type, size, message } = file
    const href = addressOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { ...place, part })
    const inside = [icon(message ? 'unread' : 'clip'), h('span', {}, name), h('small', {}, bytes(size))]
    if (!message && !isPicture(file) && !isPdf(file))
      return h('li', {}, h('a', { href, download: name, title: type }, inside))
    const look = message
      ? () => open(part)
      : () => (isPicture(file) ? showPicture(file, place, href) : showPdf(file, place, href))
    const title = message ? 'Open this message' : `Look at ${name}`
    const button = h('button', { type: 'button', title, onclick: look }, inside)
    if (isPicture(file) && size <= MOST_OCTETS && small++ < MOST_SMALL) {
      void pictureOf(file, place)
        .then(async (address) => {
          addresses.push(address)
          const picture = h('img', { src: address, alt: '', class: 'small-picture' })
          // What says that it is a picture, and is none, stays a file.
          await picture.decode()
          button.querySelector('.icon')?.replaceWith(picture)
        })
        .catch(() => undefined)
    }
    return h(
      'li',
      {},
      button,
      h('a', { href, download: name, title: 'Save', 'aria-label': `Save ${name}` }, icon('down')),
    )
  })
  const element = h(
    'ul',
    { class: 'files', 'aria-label': 'Files' },
    files,
    all && attachments.length > 1 && h('li', {}, saveAll(place)),
  )
  return {
    element,
    free() {
      for (const address of addresses.splice(0)) URL.revokeObjectURL(address)
    },
  }
}

/** @param {MessagePlace} place */
const saveAll = (place) =>
  h(
    'a',
    { href: addressOf('GET /mailboxes/{mailbox}/messages/{uid}/files', place), download: 'files.zip' },
    icon('down'),
    h('span', {}, 'Save all'),
  )

/**
 * @param {Attachment} file
 * @param {MessagePlace} place
 */
async function pictureOf({ part, type }, place) {
  const blob = await octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { ...place, part })
  return URL.createObjectURL(new Blob([blob], { type }))
}

/**
 * @param {string} href
 * @param {string} name
 */
const saveButton = (href, name) =>
  h('div', { class: 'buttons' }, h('a', { href, download: name, class: 'button' }, 'Save'))

/**
 * @param {Attachment} file
 * @param {MessagePlace} place
 * @param {string} href
 */
async function showPicture(file, place, href) {
  const address = await pictureOf(file, place)
  await dialog(
    file.name,
    () => [h('img', { src: address, alt: file.name, class: 'large-picture' }), saveButton(href, file.name)],
    'wide',
  )
  URL.revokeObjectURL(address)
}

/**
 * By the browser's own viewer, which is a process apart; the server gives it nothing but PDF files.
 * @param {Attachment} file
 * @param {MessagePlace} place
 * @param {string} href
 */
function showPdf({ name, part }, place, href) {
  const src = addressOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/pdf', { ...place, part })
  return dialog(name, () => [h('iframe', { src, title: name, class: 'pdf' }), saveButton(href, name)], 'wide')
}
