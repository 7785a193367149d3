// @ts-check
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { field, form, panel, passwordField } from '../base/forms.js'

/** @param {() => Promise<unknown>} changed the other sessions have ended */
export function passwordPanel(changed) {
  const old = passwordField('Password now')
  const next = field('New password', { type: 'password', autocomplete: 'new-password', required: true, minlength: 8 })
  async function change() {
    await call('POST /account/password', {}, { password: old.value, next: next.value })
    toast('Changed. Other sessions were ended.')
    await changed()
  }
  return panel('Password', form([old, next], 'Change', change))
}
