// @ts-check
/** @import { Me, Page } from '../base/types' */
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { h } from '../base/dom.js'
import { field, form, panel, passwordField } from '../base/forms.js'

/**
 * @param {Page} page
 * @param {Me} me
 */
export function passwordPanel(page, me) {
  const old = passwordField('Current password')
  const next = field('New password', { type: 'password', autocomplete: 'new-password', required: true, minlength: 8 })
  async function change() {
    await call('POST /account/password', {}, { password: old.value, next: next.value })
    toast('Changed. Other sessions were ended.')
    await page.boot()
  }
  return panel(
    'Password',
    me.knownPassword &&
      h(
        'p',
        { class: 'banner warn' },
        'Your password is in a list of stolen and common passwords: attackers try it first. Change it.',
      ),
    form([old, next], 'Change', change),
  )
}
