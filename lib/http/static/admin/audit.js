// @ts-check
/** @import { Where } from '../base/types' */
import { call } from '../base/api.js'
import { fill, h } from '../base/dom.js'
import { choiceField, field, form } from '../base/forms.js'
import { table, tag, when } from '../base/table.js'
import { PROTOCOLS } from './protocols.js'

/** Attempts that are shown at once. */
const LIMIT = 200

/** @typedef {NonNullable<Where<'GET /admin/audit'>['verdict']>} Verdict */
/** @type {readonly Verdict[]} */
const VERDICTS = ['granted', 'refused', 'unavailable']

export async function audit() {
  const user = field('Account')
  const address = field('Address')
  const verdict = choiceField('Verdict', [['', 'all verdicts'], ...VERDICTS])
  const protocol = choiceField('Protocol', [['', 'all protocols'], ...PROTOCOLS])
  const result = h('div', {})
  async function load() {
    const { entries } = await call('GET /admin/audit', {
      user: user.value || undefined,
      address: address.value || undefined,
      verdict: VERDICTS.find((word) => word === verdict.value),
      protocol: protocol.value || undefined,
      limit: LIMIT,
    })
    const rows = entries.map((entry) => [
      when(entry.at),
      entry.user || '(no name)',
      entry.address,
      entry.protocol,
      entry.mechanism,
      tag(entry.verdict, entry.verdict === 'granted' ? 'good' : 'bad'),
      entry.reason,
    ])
    fill(result, table(['When', 'Account', 'From', 'By', 'How', '', 'Reason'], rows, 'No attempts.'))
    return false
  }
  await load()
  return [h('section', { class: 'panel' }, form([user, address, verdict, protocol], 'Show', load), result)]
}
