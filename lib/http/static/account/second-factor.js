// @ts-check
/** @import { Me, Page } from '../base/types' */
import { call } from '../base/api.js'
import { showSecret } from '../base/dialogs.js'
import { h } from '../base/dom.js'
import { form, panel } from '../base/forms.js'
import { passkeyList } from './passkeys.js'
import { proofFields } from './proof.js'
import { totpContent } from './totp.js'

/** @param {readonly string[]} codes none: there are some already */
async function showCodes(codes) {
  if (codes.length === 0) return
  await showSecret(
    'Recovery codes',
    codes.join('\n'),
    'Keep these where you find them when the phone is lost: each stands in for a code, once. They are shown once.',
  )
}

/**
 * What is asked for beside the password: a code of an authenticator app, or a passkey.
 * @param {Page} page
 * @param {Me} me
 */
export function secondFactorPanel(page, me) {
  const isOn = me.totp || me.passkeys > 0
  /** @param {readonly string[]} codes */
  const added = async (codes) => {
    await page.boot()
    await showCodes(codes)
  }
  const passkeys = passkeyList(page, me, added)
  const element = panel(
    'Second factor',
    me.totpRequired && h('p', { class: 'banner warn' }, 'Administrators need a second factor.'),
    h(
      'p',
      {},
      isOn
        ? 'At login, a code or a passkey is asked for beside the password. A passkey opens webmail alone, too.'
        : 'A second factor protects webmail when somebody knows your password.',
    ),
    h('h3', {}, 'Passkeys'),
    passkeys.element,
    h('h3', {}, 'Authenticator app'),
    totpContent(page, me, added),
    ...(isOn ? [h('h3', {}, 'New recovery codes'), recoveryForm(me)] : []),
  )
  return { draw: passkeys.draw, element }
}

/** @param {Me} me */
function recoveryForm(me) {
  const { fields, give } = proofFields(me)
  return form(fields, 'Make', async () => {
    const { recoveryCodes } = await call('POST /account/recovery-codes', {}, await give())
    await showCodes(recoveryCodes)
  })
}
