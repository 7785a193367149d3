// @ts-check
/** @import { Me, Page } from '../base/types' */
import { call } from '../base/api.js'
import { showSecret } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { field, form, panel, passwordField } from '../base/forms.js'
import { tag } from '../base/table.js'
import { qrPicture } from './qr.js'

/** @param {string} [label] */
const codeField = (label = 'Code') =>
  field(label, { inputmode: 'numeric', autocomplete: 'one-time-code', required: true })

/** @param {readonly string[]} codes */
const showCodes = (codes) =>
  showSecret(
    'Recovery codes',
    codes.join('\n'),
    'Keep these where you find them when the phone is lost: each stands in for a code, once. They are shown once.',
  )

/**
 * The second factor: codes of an authenticator app (RFC 6238).
 * @param {Page} page
 * @param {Me} me
 */
export function totpPanel(page, me) {
  const box = h('div', { class: 'panel-list' })
  const content = me.totp ? turnedOn(page) : turnedOff(page, me, box)
  return panel('Second factor', fill(box, ...content))
}

/** @param {Page} page */
function turnedOn(page) {
  const password = passwordField()
  const code = codeField()
  const codesPassword = passwordField()
  const codesCode = codeField()
  return [
    h('p', {}, tag('on', 'good'), 'A code of your authenticator app is asked for at login.'),
    form([password, code], 'Turn off', async () => {
      await call('DELETE /account/totp', {}, { password: password.value, code: code.value })
      await page.boot()
    }),
    h('h3', {}, 'New recovery codes'),
    form([codesPassword, codesCode], 'Make', async () => {
      const proof = { password: codesPassword.value, code: codesCode.value }
      const { recoveryCodes } = await call('POST /account/totp/recovery-codes', {}, proof)
      await showCodes(recoveryCodes)
    }),
  ]
}

/**
 * @param {Page} page
 * @param {Me} me
 * @param {HTMLElement} box
 */
function turnedOff(page, me, box) {
  async function offer() {
    const { secret, uri, qr } = await call('POST /account/totp/offer')
    const code = codeField('Code that the app shows')
    const password = passwordField()
    const inFours = (secret.match(/.{4}/g) ?? [secret]).join(' ')
    fill(
      box,
      h(
        'p',
        {},
        'Scan this with an authenticator app. On this phone itself, open ',
        h('a', { href: uri }, 'this link'),
        '. Or type the key. Then enter the code that the app shows.',
      ),
      h('div', { class: 'qr-line' }, qrPicture(qr), h('p', { class: 'secret' }, inFours)),
      form([code, password], 'Turn on', async () => {
        const proof = { password: password.value, secret, code: code.value }
        const { recoveryCodes } = await call('POST /account/totp', {}, proof)
        await page.boot()
        await showCodes(recoveryCodes)
      }),
    )
  }
  return [
    me.totpRequired && h('p', { class: 'banner warn' }, 'Administrators need a second factor.'),
    h('p', {}, 'A second factor protects webmail when somebody knows your password.'),
    button('Set up', offer, 'primary'),
  ]
}
