// @ts-check
/** @import { Me, Page } from '../base/types' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { form, passwordField } from '../base/forms.js'
import { tag } from '../base/table.js'
import { codeField, proofFields } from './proof.js'
import { qrPicture } from './qr.js'

/**
 * Codes of an authenticator app (RFC 6238).
 * @param {Page} page
 * @param {Me} me
 * @param {(recoveryCodes: readonly string[]) => Promise<void>} added
 */
export function totpContent(page, me, added) {
  const box = h('div', { class: 'panel-list' })
  return fill(box, ...(me.totp ? turnedOn(page, me) : [button('Set up', () => offer(box, added), 'primary')]))
}

/**
 * @param {Page} page
 * @param {Me} me
 */
function turnedOn(page, me) {
  const { fields, give } = proofFields(me)
  return [
    h('p', {}, tag('on', 'good'), ' Its codes are asked for at login.'),
    form(fields, 'Turn off', async () => {
      await call('DELETE /account/totp', {}, await give())
      await page.boot()
    }),
  ]
}

/**
 * @param {HTMLElement} box
 * @param {(recoveryCodes: readonly string[]) => Promise<void>} added
 */
async function offer(box, added) {
  const { secret, uri, qr } = await call('POST /account/totp/offer')
  const code = codeField('Code that the app shows')
  code.input.required = true
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
      const { recoveryCodes } = await call(
        'POST /account/totp',
        {},
        {
          password: password.value,
          secret,
          code: code.value,
        },
      )
      await added(recoveryCodes)
    }),
  )
}
