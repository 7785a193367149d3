// @ts-check
/** @import { Mailbox } from '../base/types' */
/** @import { Ports, Reader } from '../reader/reader.js' */
import { h } from '../base/dom.js'
import { icon } from '../base/icons.js'

/** Milliseconds after which a browser that is never idle fetches the reader all the same. */
const LATEST = 2000

/**
 * The reader, whose code comes when the list is there: nobody reads before.
 * @param {Ports} ports
 */
export function createLateReader(ports) {
  const element = h(
    'section',
    { class: 'reader', 'aria-label': 'Message', tabindex: '-1' },
    h('div', { class: 'nothing' }, icon('unread'), h('p', {}, 'No message is open.')),
  )
  /** @type {Reader | undefined} */
  let reader
  /** @type {Promise<Reader> | undefined} */
  let coming
  const load = () => {
    coming ??= import('../reader/reader.js').then(
      ({ createReader }) => {
        reader = createReader(element, ports)
        return reader
      },
      (error) => {
        coming = undefined
        throw error
      },
    )
    return coming
  }
  let opening = 0
  return {
    element,
    /** To be called when the list is there. */
    prepare() {
      const fetchIt = () => void load().catch(() => undefined)
      if ('requestIdleCallback' in window) requestIdleCallback(fetchIt, { timeout: LATEST })
      else setTimeout(fetchIt, LATEST)
    },
    /**
     * @param {Mailbox} mailbox
     * @param {number} uid
     * @param {readonly number[]} uids of its conversation
     */
    async open(mailbox, uid, uids) {
      const mine = ++opening
      const loaded = await load()
      if (mine === opening) await loaded.open(mailbox, uid, uids)
    },
    get reading() {
      return reader?.reading
    },
    get message() {
      return reader?.message
    },
    close() {
      opening++
      reader?.close()
    },
    /** @param {boolean} on */
    flagged: (on) => reader?.flagged(on),
  }
}
/** @typedef {ReturnType<typeof createLateReader>} LateReader */
