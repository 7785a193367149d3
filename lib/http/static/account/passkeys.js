// @ts-check
/** @import { Me, Page } from '../base/types' */
import { call } from '../base/api.js'
import { dialog } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { exactTime } from '../base/format.js'
import { field, form, passwordField } from '../base/forms.js'
import { hasPasskeys, makePasskey } from '../base/passkey.js'
import { table } from '../base/table.js'
import { proofFields } from './proof.js'

/**
 * @param {Page} page
 * @param {Me} me
 * @param {(recoveryCodes: readonly string[]) => Promise<void>} added
 */
export function passkeyList(page, me, added) {
  const list = h('div', {})
  const make = h('div', {})

  /** @param {{ id: string, label: string }} passkey */
  const remove = ({ id, label }) =>
    dialog(`Remove ${label}`, (close) => {
      const { fields, give } = proofFields(me)
      return [
        h('p', {}, 'It opens nothing any more, and sessions that it opened end.'),
        form(fields, 'Remove', async () => {
          await call('DELETE /account/passkeys/{id}', { id }, await give())
          close()
          await page.boot()
        }),
      ]
    })

  async function draw() {
    const [{ passkeys }, isHere] = await Promise.all([call('GET /account/passkeys'), hasPasskeys()])
    const rows = passkeys.map((passkey) => [
      passkey.label,
      exactTime(passkey.createdAt),
      passkey.used ? `${exactTime(passkey.used.at)} from ${passkey.used.address}` : 'never',
      button('Remove', () => remove(passkey)),
    ])
    fill(list, passkeys.length > 0 && table(['Name', 'Since', 'Last used', ''], rows, ''))
    fill(make, isHere ? makeForm(added) : h('p', { class: 'muted' }, 'This browser makes no passkeys at this address.'))
  }
  return { draw, element: h('div', { class: 'panel-list' }, list, make) }
}

/** @param {(recoveryCodes: readonly string[]) => Promise<void>} added */
function makeForm(added) {
  const label = field('Name of the device', { required: true, maxlength: 100 })
  const password = passwordField()
  return form([label, password], 'Make a passkey', async () => {
    const made = await makePasskey()
    const given = { label: label.value, password: password.value, made }
    const { recoveryCodes } = await call('POST /account/passkeys', {}, given)
    await added(recoveryCodes)
  })
}
