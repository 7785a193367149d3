// @ts-check
/** @import { AdminAccount, Page } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { confirmBox, dialog, showSecret, toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { exactTime } from '../base/format.js'
import { errorLine, field } from '../base/forms.js'
import { table } from '../base/table.js'
import { openBin } from './bin-of-account.js'
import { deliveryOf } from './delivery-of-account.js'
import { PROTOCOLS } from './protocols.js'
import { openSharing } from './sharing-of-account.js'

const MB = 1024 ** 2

/**
 * @param {HTMLInputElement} box
 * @param {string} label
 */
const labelled = (box, label) => h('label', {}, box, ` ${label}`)
/** @param {boolean} checked */
const checkbox = (checked) => h('input', { type: 'checkbox', checked })

/**
 * Everything that an administrator may change of an account.
 * @param {AdminAccount} account
 * @param {() => Promise<void>} redraw
 * @param {Page} page
 */
export const accountDialog = (account, redraw, page) =>
  dialog(account.name, (close) => {
    const message = errorLine()
    /** @param {() => Promise<unknown>} run */
    const attempt = async (run) => {
      try {
        await run()
        close()
        await redraw()
      } catch (error) {
        message.textContent = messageOf(error)
      }
    }
    const { fields, change } = settingsOf(account)
    const where = { account: account.id }
    return h(
      'form',
      {
        class: 'panel-form',
        onsubmit: (event) => {
          event.preventDefault()
          void attempt(() => call('PATCH /admin/accounts/{account}', where, change()))
        },
      },
      ...fields,
      deliveryOf(account),
      appPasswords(account, attempt),
      message,
      h('div', { class: 'buttons' }, ...deeds(account, attempt, page), h('button', { class: 'primary' }, 'Save')),
    )
  })

/**
 * @param {AdminAccount} account
 */
function settingsOf(account) {
  const disabled = checkbox(account.disabled)
  const administrator = checkbox(account.administrator)
  const boxes = PROTOCOLS.map((protocol) => ({
    protocol,
    box: checkbox(account.protocols.length === 0 || account.protocols.includes(protocol)),
  }))
  const quota = field('Quota in MB (0: none, empty: as the settings say)', {
    type: 'number',
    min: 0,
    value: account.quotaBytes === undefined ? '' : String(account.quotaBytes / MB),
  })
  const password = field('New password (empty: as it is)', {
    type: 'password',
    autocomplete: 'new-password',
    minlength: 8,
  })
  const fields = [
    h('p', {}, labelled(disabled, 'disabled'), ' ', labelled(administrator, 'administrator')),
    h(
      'p',
      {},
      boxes.flatMap(({ protocol, box }) => [labelled(box, protocol), ' ']),
    ),
    quota.element,
    password.element,
  ]
  const change = () => {
    const chosen = boxes.filter(({ box }) => box.checked).map(({ protocol }) => protocol)
    return {
      disabled: disabled.checked,
      administrator: administrator.checked,
      protocols: chosen.length === PROTOCOLS.length ? [] : chosen,
      ...(quota.value !== '' && { quotaBytes: Math.round(Number(quota.value) * MB) }),
      ...(password.value !== '' && { password: password.value }),
    }
  }
  return { fields, change }
}

/**
 * @param {AdminAccount} account
 * @param {(run: () => Promise<unknown>) => Promise<void>} attempt
 */
function appPasswords(account, attempt) {
  if (account.appPasswords.length === 0) return undefined
  const rows = account.appPasswords.map(({ id, label, protocols, networks, used }) => [
    label,
    [protocols.join(' '), ...networks].join(', '),
    used ? `${exactTime(used.at)}, ${used.protocol} from ${used.address}` : 'never',
    button('Remove', () =>
      attempt(() => call('DELETE /admin/accounts/{account}/app-passwords/{id}', { account: account.id, id })),
    ),
  ])
  return table(['App password', 'For', 'Last used', ''], rows, '')
}

/**
 * What is done at once, without Save.
 * @param {AdminAccount} account
 * @param {(run: () => Promise<unknown>) => Promise<void>} attempt
 * @param {Page} page
 */
function deeds({ id, name, messages, secondFactor }, attempt, page) {
  const where = { account: id }
  async function remove() {
    const text = `${name} and its ${messages} messages go. Where the settings keep what is removed, it can be restored for a time.`
    if (!(await confirmBox('Remove account', text, 'Remove'))) return
    await attempt(async () => {
      const { until } = await call('DELETE /admin/accounts/{account}', where, { name })
      toast(until === undefined ? 'Removed for ever.' : `Removed. It can be restored until ${exactTime(until)}.`)
    })
  }
  async function addAppPassword() {
    const { password } = await call('POST /admin/accounts/{account}/app-passwords', where, {
      label: 'from the administrator',
      protocols: ['imap', 'pop3', 'smtp'],
    })
    await showSecret('App password', password, 'For IMAP, POP3 and sending. It is shown once.')
  }
  async function enter() {
    await call('POST /admin/accounts/{account}/enter', where)
    location.hash = ''
    await page.boot()
  }
  return [
    button('Remove', remove, 'danger'),
    secondFactor &&
      button('Take second factor away', () =>
        attempt(() => call('PATCH /admin/accounts/{account}', where, { removeSecondFactor: true })),
      ),
    button('App password', () => attempt(addAppPassword)),
    button('Recently deleted', () => attempt(async () => openBin({ id, name }))),
    button('Sharing', () => attempt(async () => openSharing({ id, name }))),
    button('Enter mailbox', () => attempt(enter)),
  ]
}
