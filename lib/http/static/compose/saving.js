// @ts-check
/** @import { Draft, MessagePlace } from '../base/types' */
import { ApiError, call, isHandled, messageOf } from '../base/api.js'
import { shortTime } from '../base/format.js'

/** Milliseconds without a key after which a draft saves itself, and with keys. */
const AFTER_PAUSE = 2500
const AT_LEAST = 10_000
/** Milliseconds after which what did not work is tried again. */
const AGAIN = 5000
const AGAIN_AT_MOST = 30_000

/**
 * What may work a while later: no connection, nobody logged in, the mailbox in use, too much at once.
 * @param {unknown} error
 */
export const isPassing = (error) =>
  error instanceof ApiError && [0, 401, 408, 423, 429, 502, 503, 504].includes(error.status)

/** @param {unknown} error */
export const whyNot = (error) =>
  error instanceof ApiError && error.status === 0 ? 'No connection' : messageOf(error).replace(/\.$/, '')

/**
 * A draft on the server: saved by itself, again and again until it works.
 * @param {object} ports
 * @param {() => Draft | FormData} ports.content
 * @param {(place: MessagePlace | undefined) => Promise<unknown>} ports.onSaved
 * @param {() => void} ports.wasSent there is no draft of it any more
 * @param {(line: string, wrong?: boolean) => void} ports.say
 * @param {MessagePlace} [ports.place] as it was saved last
 */
export function createSaving({ content, onSaved, wasSent, say, place }) {
  let saved = place
  let dirty = false
  let since = 0
  let timer = 0
  let again = AGAIN
  let stopped = false
  /** @type {Promise<unknown>} one after the other */
  let queue = Promise.resolve()

  /** @param {number} milliseconds */
  function later(milliseconds) {
    clearTimeout(timer)
    timer = setTimeout(() => void save().catch(() => undefined), milliseconds)
  }
  function changed() {
    const now = Date.now()
    if (!dirty) since = now
    dirty = true
    later(Math.max(0, Math.min(AFTER_PAUSE, since + AT_LEAST - now)))
  }
  function save() {
    clearTimeout(timer)
    const done = queue.catch(() => undefined).then(saveNow)
    queue = done
    return done
  }
  async function saveNow() {
    if (!dirty || stopped) return
    dirty = false
    try {
      const { mailbox, uid } = await call('POST /drafts', {}, content(), { quiet: true })
      saved = uid === undefined ? undefined : { mailbox, uid }
      again = AGAIN
    } catch (error) {
      dirty = true
      if (stopped) return
      if (error instanceof ApiError && error.error === 'was-sent') wasSent()
      else if (isPassing(error)) {
        say(`${whyNot(error)}. Your text is kept in this browser, and saved as soon as it can be.`, true)
        // Who has to log in first is told so; it goes on then.
        if (!isHandled(error)) later(again)
        again = Math.min(again * 2, AGAIN_AT_MOST)
      } else say(`Not saved: ${messageOf(error)}`, true)
      throw error
    }
    if (!stopped) say(`Saved ${shortTime(Date.now())}`)
    await onSaved(saved)
  }
  const tryNow = () => {
    again = AGAIN
    if (dirty) later(0)
  }
  window.addEventListener('online', tryNow)

  return {
    changed,
    save,
    tryNow,
    get place() {
      return saved
    },
    get isDirty() {
      return dirty
    },
    /** What is on its way comes to its end; nothing begins any more. */
    async stop() {
      stopped = true
      clearTimeout(timer)
      window.removeEventListener('online', tryNow)
      await queue.catch(() => undefined)
    },
    pause: () => clearTimeout(timer),
  }
}
