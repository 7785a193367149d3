// @ts-check
/** @import { Draft } from '../base/types' */
import { call, isHandled, messageOf } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { chosen } from '../base/preferences.js'
import { isPassing, whyNot } from './saving.js'

/** Milliseconds after which a message that could not be handed over is tried again. */
const AGAIN = 10_000
/** Octets that a browser sends for a page that is going away. */
const MOST_OF_LEAVING = 60_000

/**
 * A message on its way. Until the delay is over the server knows nothing of it but the draft, so that Undo is certain; who closes
 * the page before has it sent at once. What a broken connection left in doubt is asked again under the same name, which the server
 * sends once.
 * @param {object} ports
 * @param {() => Draft | FormData} ports.content
 * @param {(sending: boolean) => void} ports.keep
 * @param {() => void} ports.show
 * @param {() => void} ports.hide
 * @param {() => void} ports.gone it is sent
 * @param {() => void} ports.wasSent it was, before this window asked
 * @param {(line: string, wrong?: boolean) => void} ports.say
 * @param {(waiting: boolean) => void} ports.onWaiting there is no connection: it goes on by itself
 */
export function createSending({ content, keep, show, hide, gone, wasSent, say, onWaiting }) {
  /** @type {'idle' | 'delayed' | 'sending' | 'waiting'} */
  let state = 'idle'
  let timer = 0
  /** It was asked for, and what became of it is not known. */
  let inDoubt = false

  function idle() {
    clearTimeout(timer)
    state = 'idle'
    onWaiting(false)
    keep(false)
    window.removeEventListener('online', again)
    window.removeEventListener('pagehide', onLeave, true)
  }
  function takeBack() {
    if (state !== 'delayed') return
    idle()
    show()
    say('Not sent.')
  }
  function start() {
    keep(true)
    window.addEventListener('pagehide', onLeave, true)
    const { undo: seconds } = chosen()
    if (seconds === 0) return void submit()
    state = 'delayed'
    hide()
    toast('Sending ...', { label: 'Undo', run: takeBack }, seconds * 1000)
    timer = setTimeout(again, seconds * 1000)
  }
  /** @param {boolean} [asked] by a page that is gone */
  async function submit(asked = false) {
    if (state === 'sending') return
    inDoubt ||= asked
    clearTimeout(timer)
    state = 'sending'
    onWaiting(false)
    say('Sending ...')
    try {
      const { recipients } = await call('POST /send', {}, content(), { quiet: true })
      idle()
      if (recipients === 0 && !inDoubt) {
        show()
        wasSent()
        return
      }
      gone()
      toast('Sent.')
    } catch (error) {
      failed(error)
    }
  }
  const again = () => void submit()
  /** @param {unknown} error */
  function failed(error) {
    show()
    if (!isPassing(error)) {
      idle()
      say(messageOf(error), true)
      return
    }
    state = 'waiting'
    inDoubt = true
    onWaiting(true)
    say(`${whyNot(error)}. Your message is kept, and sent as soon as it can be.`, true)
    window.addEventListener('online', again)
    // Who has to log in first is told so; it goes on then.
    if (!isHandled(error)) timer = setTimeout(again, AGAIN)
  }
  function onLeave() {
    const body = content()
    if (state !== 'delayed' || body instanceof FormData) return
    if (new Blob([JSON.stringify(body)]).size > MOST_OF_LEAVING) return
    state = 'sending'
    void call('POST /send', {}, body, { keepalive: true, quiet: true }).catch(() => undefined)
  }

  return {
    start,
    submit,
    /** It was being sent, and is not any more. */
    cancel: idle,
    get isWaiting() {
      return state === 'waiting'
    },
    get isBusy() {
      return state === 'sending'
    },
  }
}
