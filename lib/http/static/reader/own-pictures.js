// @ts-check
/** @import { MessagePlace, Picture } from '../base/types' */
import { octetsOf } from '../base/api.js'

/**
 * The Content-ID that a `cid:` address names.
 * @param {string} address
 */
function contentId(address) {
  const id = address.trim().slice('cid:'.length)
  try {
    return decodeURIComponent(id)
  } catch {
    return id
  }
}

/**
 * Pictures of the message itself (RFC 2392), as addresses of this page's own making.
 * @param {Element} root
 * @param {readonly Picture[]} pictures
 * @param {MessagePlace} place
 * @returns {Promise<string>[]} the addresses, which are to be revoked
 */
export function withOwnPictures(root, pictures, place) {
  /** @type {Map<Picture, Element[]>} */
  const waiting = new Map()
  for (const element of root.querySelectorAll('img[src]')) {
    const src = element.getAttribute('src') ?? ''
    if (!/^\s*cid:/i.test(src)) continue
    element.removeAttribute('src')
    const picture = pictures.find(({ id }) => id === contentId(src))
    if (picture) waiting.set(picture, [...(waiting.get(picture) ?? []), element])
  }
  return [...waiting].map(async ([{ part, type }, elements]) => {
    const blob = await octetsOf('GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}', { ...place, part })
    const address = URL.createObjectURL(new Blob([blob], { type }))
    for (const element of elements) element.setAttribute('src', address)
    return address
  })
}
