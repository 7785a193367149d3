// @ts-check
/** @import { Page, View } from '../base/types' */
import { ApiError, call, messageOf } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { errorLine, field } from '../base/forms.js'
import { hasPasskeys, showPasskey } from '../base/passkey.js'
import { brand } from './card.js'

/**
 * @param {Page} page
 * @param {string} [note] why it is shown
 * @param {string} [before] who was logged in
 * @returns {View}
 */
export function loginView(page, note = '', before = '') {
  const message = errorLine()
  const user = field('Address', {
    type: 'text',
    name: 'user',
    autocomplete: 'username',
    required: true,
    autofocus: true,
    spellcheck: 'false',
    inputmode: 'email',
    value: before,
  })
  const password = field('Password', {
    type: 'password',
    name: 'password',
    autocomplete: 'current-password',
    required: true,
  })
  const code = field('Code from your authenticator app, or a recovery code', {
    name: 'code',
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 11,
  })
  code.element.hidden = true
  const submit = h('button', { class: 'primary', type: 'submit' }, 'Log in')
  const passkey = button('Log in with a passkey', logInByPasskey)
  passkey.hidden = true

  /** @param {unknown} error */
  function explain(error) {
    const word = error instanceof ApiError ? error.error : undefined
    if (word === 'code-required') {
      code.element.hidden = false
      passkey.textContent = 'Use a passkey'
      code.input.focus()
    } else if (word === 'unauthorized' && !code.element.hidden) {
      message.textContent = 'The password or the second factor is not right. A code works once: wait for the next one.'
    } else message.textContent = messageOf(error)
  }
  /** @param {() => Promise<unknown>} enter */
  async function attempt(enter) {
    submit.disabled = true
    passkey.disabled = true
    message.textContent = ''
    try {
      await enter()
      // Whoever else is in the mailbox is waited for a while.
      submit.textContent = 'Opening the mailbox ...'
      await page.boot()
    } catch (error) {
      explain(error)
    } finally {
      submit.textContent = 'Log in'
      submit.disabled = false
      passkey.disabled = false
    }
  }
  const logIn = () =>
    attempt(() => {
      const second = code.element.hidden ? {} : { code: code.value }
      return call('POST /session', {}, { user: user.value, password: password.value, ...second })
    })
  /** Alone; behind a password that was right it is the second factor. */
  function logInByPasskey() {
    return attempt(async () => {
      const shown = await showPasskey()
      if (code.element.hidden) return call('POST /session/passkey', {}, { passkey: shown })
      return call('POST /session', {}, { user: user.value, password: password.value, passkey: shown })
    })
  }
  /** @param {SubmitEvent} event */
  function onsubmit(event) {
    event.preventDefault()
    void logIn()
  }
  return {
    name: 'login',
    element: h(
      'main',
      { class: 'center' },
      h(
        'form',
        { class: 'card login', onsubmit },
        brand('unread', 'Mail'),
        note && h('p', { class: 'banner', role: 'status' }, note),
        user.element,
        password.element,
        code.element,
        message,
        submit,
        passkey,
      ),
    ),
    start() {
      const first = before ? password : user
      first.input.focus()
      void hasPasskeys().then((isHere) => {
        passkey.hidden = !isHere
      })
    },
  }
}
