// @ts-check
/** @import { AdminAccount, Page } from '../base/types' */
import { call } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { field, form, panel } from '../base/forms.js'
import { numberCell, table, tag } from '../base/table.js'
import { accountDialog } from './account-dialog.js'
import { openedBin } from './bin-of-account.js'
import { removedAccounts } from './removed-accounts.js'
import { openedSharing } from './sharing-of-account.js'

/** The accounts that are shown: whose name has `find`, after the one named `after`. */
let shown = { find: '', after: '' }

/**
 * @param {() => Promise<void>} redraw
 * @param {Page} page
 */
export async function accounts(redraw, page) {
  const opened = (await openedBin(redraw)) ?? (await openedSharing(redraw))
  if (opened) return opened
  const answer = await call('GET /admin/accounts', shown)
  const { next } = answer
  /** @param {Partial<typeof shown>} to */
  const turnTo = async (to) => {
    shown = { ...shown, ...to }
    await redraw()
  }
  const find = field('Find', { type: 'search', value: shown.find })
  const rows = answer.accounts.map((account) => [
    account.name,
    numberCell(account.messages),
    numberCell(bytes(account.bytes)),
    numberCell(quotaOf(account)),
    tagsOf(account),
    button('Change', () => accountDialog(account, redraw, page)),
  ])
  return [
    panel('New account', newAccountForm(redraw)),
    h(
      'section',
      { class: 'panel' },
      form([find], 'Find', () => turnTo({ find: find.value, after: '' })),
      table(['Address', '>Messages', '>Size', '>Quota', '', ''], rows, 'No accounts.'),
      shown.after && button('First page', () => turnTo({ after: '' })),
      next && button('Next page', () => turnTo({ after: next })),
    ),
    await removedAccounts(redraw),
  ]
}

/** @param {() => Promise<void>} redraw */
function newAccountForm(redraw) {
  const name = field('Address', { required: true, inputmode: 'email' })
  const password = field('Password', { type: 'password', autocomplete: 'new-password', required: true, minlength: 8 })
  return form([name, password], 'Add', async () => {
    await call('POST /admin/accounts', {}, { name: name.value, password: password.value })
    await redraw()
  })
}

/** @param {AdminAccount} account */
function quotaOf({ quotaBytes }) {
  if (quotaBytes === undefined) return 'default'
  return quotaBytes === 0 ? 'none' : bytes(quotaBytes)
}

/** @param {AdminAccount} account */
const tagsOf = ({ disabled, administrator, secondFactor, knownPassword, protocols }) =>
  h(
    'span',
    {},
    disabled && tag('disabled', 'bad'),
    administrator && tag('administrator', 'good'),
    secondFactor && tag('second factor'),
    knownPassword && tag('weak password', 'bad'),
    protocols.length > 0 && tag(protocols.join(' ')),
  )
