// @ts-check
import { h } from '../base/dom.js'

/** Milliseconds: changes that come together are fetched together. */
const TOGETHER = 80
/** Until a lost connection is told, and until another is tried when the browser has given up. */
const TOLD_AFTER = 3000
const AGAIN_AFTER = 5000

/**
 * Changes as they happen.
 * @param {() => Promise<unknown>} changed
 * @param {() => unknown} lostMailbox the session has no mailbox any more
 */
export function createLive(changed, lostMailbox) {
  const status = h('p', { class: 'banner warn', hidden: true, role: 'status' })
  /** @type {EventSource | undefined} */
  let events
  let pending = 0
  let stopped = true
  let lost = false

  /** Why nothing new comes. */
  function tell() {
    status.textContent = navigator.onLine
      ? 'The server does not answer. What is here stays; what is new comes when it does.'
      : 'You are offline. What is here stays; what is new comes when you are back.'
    status.hidden = false
  }
  function offline() {
    lost = true
    tell()
  }
  /** The stream is opened anew, without the browser's pause. */
  function online() {
    events?.close()
    listen()
  }
  function soon() {
    clearTimeout(pending)
    pending = setTimeout(() => void changed().catch(() => undefined), TOGETHER)
  }
  function listen() {
    const source = new EventSource('/api/v1/events')
    events = source
    source.addEventListener('hello', () => {
      status.hidden = true
      // What happened while there was no stream.
      if (lost) soon()
      lost = false
    })
    source.addEventListener('mailbox', soon)
    source.addEventListener('list', soon)
    source.addEventListener('lost', () => void lostMailbox())
    source.addEventListener('error', () => {
      lost = true
      if (source.readyState === EventSource.CLOSED) {
        setTimeout(() => {
          if (!stopped && events === source) listen()
        }, AGAIN_AFTER)
      }
      setTimeout(() => {
        if (!lost) return
        tell()
      }, TOLD_AFTER)
    })
  }
  return {
    status,
    start() {
      stopped = false
      window.addEventListener('offline', offline)
      window.addEventListener('online', online)
      listen()
    },
    stop() {
      stopped = true
      window.removeEventListener('offline', offline)
      window.removeEventListener('online', online)
      clearTimeout(pending)
      events?.close()
    },
  }
}
