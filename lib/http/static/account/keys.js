// @ts-check
/** @import { Body, Me } from '../base/types' */
import { call, octetsOf } from '../base/api.js'
import { showSecret } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { exactTime } from '../base/format.js'
import { choiceField, field, form, panel, passwordField } from '../base/forms.js'
import { table } from '../base/table.js'

/** @typedef {Body<'POST /account/tokens'>['scopes']} Scopes */

/** What a token may do: scopes that are given together, in words. */
/** @type {readonly (readonly [shown: string, scopes: Scopes])[]} */
const MAIL_SCOPES = [
  ['read mail', ['mail:read']],
  ['read and change mail', ['mail:read', 'mail:write']],
  ['read, change and send mail', ['mail:read', 'mail:write', 'mail:send']],
]
/** @type {readonly [shown: string, scopes: Scopes]} */
const ADMINISTER = ['administer', ['admin']]

/**
 * App passwords and API tokens.
 * @param {Me} me
 */
export function keysPanel(me) {
  const box = h('div', { class: 'panel-list' })

  async function draw() {
    const { appPasswords, tokens } = await call('GET /account/keys')
    /** @param {() => Promise<unknown>} remove */
    const removeButton = (remove) =>
      button('Remove', async () => {
        await remove()
        await draw()
      })
    const rows = [
      ...appPasswords.map(({ id, label, protocols, networks, createdAt, expiresAt, used }) => [
        label,
        'app password',
        [protocols.join(' ') || 'all', ...networks].join(', '),
        exactTime(createdAt),
        expiresAt ? exactTime(expiresAt) : '',
        used ? `${exactTime(used.at)}, ${used.protocol} from ${used.address}` : '',
        removeButton(() => call('DELETE /account/app-passwords/{id}', { id })),
      ]),
      ...tokens.map(({ id, label, scopes, createdAt, activeAt, expiresAt }) => [
        label,
        'API token',
        scopes.join(' '),
        exactTime(createdAt),
        expiresAt ? exactTime(expiresAt) : '',
        exactTime(activeAt),
        removeButton(() => call('DELETE /account/tokens/{id}', { id })),
      ]),
    ]
    fill(box, table(['Name', 'Kind', 'For', 'Since', 'Until', 'Last used', ''], rows, 'None yet.'))
  }

  const element = panel(
    'Passwords for programs',
    box,
    h('h3', {}, 'New app password'),
    appPasswordForm(draw),
    h('h3', {}, 'iPhone, iPad or Mac'),
    profileForm(draw),
    h('h3', {}, 'New API token'),
    tokenForm(me, draw),
  )
  return { draw, element }
}

/** @param {() => Promise<unknown>} changed */
function appPasswordForm(changed) {
  const label = field('Name of the program', { required: true, maxlength: 100 })
  const days = field('Ends after (days)', { type: 'number', min: 1, max: 3650 })
  const networks = field('Only from (addresses or networks)', { maxlength: 1000 })
  const password = passwordField()
  return form([label, days, networks, password], 'Make', async () => {
    const from = networks.value.split(/[\s,]+/).filter((word) => word !== '')
    const answer = await call(
      'POST /account/app-passwords',
      {},
      {
        label: label.value,
        ...(days.value !== '' && { days: Number(days.value) }),
        ...(from.length > 0 && { networks: from }),
        password: password.value,
      },
    )
    await changed()
    await showSecret('App password', answer.password, 'For IMAP, POP3 and sending. It is shown once.')
  })
}

/** @param {() => Promise<unknown>} changed */
function profileForm(changed) {
  const password = passwordField()
  return form([password], 'Get the profile', async () => {
    const profile = await octetsOf('POST /account/profile', {}, { password: password.value })
    const href = URL.createObjectURL(profile)
    h('a', { href, download: 'mail.mobileconfig' }).click()
    // Safari reads it later.
    setTimeout(() => URL.revokeObjectURL(href), 10_000)
    await changed()
  })
}

/**
 * @param {Me} me
 * @param {() => Promise<unknown>} changed
 */
function tokenForm(me, changed) {
  const label = field('Name', { required: true, maxlength: 100 })
  const choices = [...MAIL_SCOPES, ...(me.administrator ? [ADMINISTER] : [])]
  const scopes = choiceField(
    'May',
    choices.map(([shown], index) => [String(index), shown]),
  )
  const password = passwordField()
  return form([label, scopes, password], 'Make', async () => {
    const [, chosen] = choices[scopes.select.selectedIndex] ?? ADMINISTER
    const { token } = await call(
      'POST /account/tokens',
      {},
      {
        label: label.value,
        scopes: chosen,
        password: password.value,
      },
    )
    await changed()
    await showSecret('API token', token, 'Send it as Authorization: Bearer. It is shown once.')
  })
}
