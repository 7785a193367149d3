// @ts-check
/** @import { Answer } from '../base/types' */
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { exactTime } from '../base/format.js'
import { field, form, panel } from '../base/forms.js'
import { table, tag } from '../base/table.js'
import { evidenceWords, scopeWords, spanWords } from './words.js'

/** @typedef {Answer<'GET /admin/lockouts'>['bars'][number]} Lockout */

/** @param {() => Promise<void>} redraw */
export async function lockouts(redraw) {
  const { bars } = await call('GET /admin/lockouts')
  /** @param {Lockout} lockout */
  const clear = async (lockout) => {
    const { cleared } = await call('POST /admin/lockouts/clear', {}, whoOf(lockout))
    toast(`${cleared} records forgotten.`)
    await redraw()
  }
  const rows = bars.map((lockout) => [
    lockout.subject,
    scopeWords(lockout.scope),
    evidenceWords(lockout),
    exactTime(lockout.since),
    exactTime(lockout.until),
    button('Clear', () => clear(lockout)),
  ])
  return [
    panel(
      'Active lockouts',
      table(['Who', 'Locked out', 'Because of', 'Since', 'Until', ''], rows, 'Nobody is locked out.'),
    ),
    explainPanel(),
  ]
}

/**
 * The subject is an account, an address (or its network), or `account from address`.
 * @param {Lockout} lockout
 */
function whoOf({ scope, subject }) {
  const [user, address] = scope === 'address' ? [undefined, subject] : subject.split(' from ')
  return { ...(user && { user }), ...(address && { address: address.replace(/\/.*/, '') }) }
}

function explainPanel() {
  const user = field('Account', { required: true })
  const address = field('Address of the client', { required: true })
  const result = h('div', {})
  async function explain() {
    const { verdict, reasons, counters } = await call('GET /admin/lockouts/explain', {
      user: user.value,
      address: address.value,
    })
    const granted = verdict === 'granted'
    fill(
      result,
      h(
        'p',
        {},
        tag(granted ? 'may log in' : 'refused', granted ? 'good' : 'bad'),
        granted ? 'The right password would be accepted.' : 'Refused, with the right password too.',
      ),
      reasons.map((reason) => h('p', {}, reason)),
      counters.map(({ what, counted, rule: { failures, window } }) =>
        h('p', { class: 'muted' }, `${what}: ${counted} failed logins in ${spanWords(window)}; ${failures} lock out`),
      ),
    )
    return false
  }
  return panel('Why can somebody not log in?', form([user, address], 'Explain', explain), result)
}
