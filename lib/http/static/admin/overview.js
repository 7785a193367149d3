// @ts-check
/** @import { Answer } from '../base/types' */
import { call } from '../base/api.js'
import { h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { panel } from '../base/forms.js'
import { numberCell, table, tag } from '../base/table.js'
import { barLine, barLines, hoursChart } from './charts.js'
import { reasonWords } from './words.js'

/** @typedef {Answer<'GET /admin/overview'>} Overview */

export async function overview() {
  const { health, hours, mailHours, reasons, deliveries, lockRefusals, total, accounts, version } =
    await call('GET /admin/overview')
  const logins = hours.map(({ at, granted, refused }) => ({ at, good: granted, bad: refused }))
  const mail = mailHours.map(({ at, stored, failed }) => ({ at, good: stored, bad: failed }))
  const sizes = mailHours.map((hour) => ({ at: hour.at, good: hour.bytes, bad: 0 }))
  return [
    h(
      'div',
      { class: 'panels' },
      panel(
        'Accounts',
        h('p', { class: 'big' }, String(total.accounts)),
        h('p', { class: 'muted' }, `${total.messages} messages, ${bytes(total.bytes)}`),
      ),
      healthPanel(health, version),
    ),
    h(
      'div',
      { class: 'panels charts' },
      panel('Logins by hour', hoursChart(logins, { good: 'accepted', bad: 'refused' })),
      panel('Deliveries by hour', hoursChart(mail, { good: 'stored', bad: 'not stored' })),
      panel('Size of what came in, by hour', hoursChart(sizes, { good: 'in all', format: bytes })),
    ),
    h(
      'div',
      { class: 'panels' },
      panel('Logins refused in 24 hours', barLines(reasons, 'Nobody was refused.', reasonWords)),
      panel('Deliveries since this start of the server', barLines(deliveries, 'None yet.')),
      panel('Refused by the mailbox lock since this start', barLines(lockRefusals, 'Nobody.')),
    ),
    biggestPanel(accounts),
  ]
}

/**
 * @param {Overview['health']} health
 * @param {string} version
 */
function healthPanel(health, version) {
  const rows = Object.entries(health).map(([name, { ok, why, milliseconds }]) => [
    name,
    ok ? tag('OK', 'good') : tag(why ?? 'down', 'bad'),
    numberCell(`${milliseconds} ms`),
  ])
  return panel('Health', table(['Part', '', '>Answer'], rows, ''), h('p', { class: 'muted' }, `version ${version}`))
}

/** @param {Overview['accounts']} accounts */
function biggestPanel(accounts) {
  const most = Math.max(1, ...accounts.map((account) => account.bytes))
  return panel(
    'Biggest accounts',
    accounts.map(({ name, messages, bytes: size }) =>
      barLine(name, `${bytes(size)}, ${messages} messages`, size / most),
    ),
  )
}
