// @ts-check
/** @import { Where } from '../base/types' */
import { call } from '../base/api.js'
import { fill, h } from '../base/dom.js'
import { programName } from '../base/format.js'
import { choiceField, field, form } from '../base/forms.js'
import { numberCell, table, tag, when } from '../base/table.js'
import { PROTOCOLS } from './protocols.js'
import { reasonWords } from './words.js'

/** Attempts that are shown at once. */
const LIMIT = 200

/** @typedef {NonNullable<Where<'GET /admin/audit'>['verdict']>} Verdict */
/** @type {readonly Verdict[]} */
const VERDICTS = ['granted', 'refused', 'unavailable']

/** The address may name an account: `#/admin/audit/NAME`. */
const named = () => decodeURIComponent(location.hash.split('/')[3] ?? '')

export async function audit() {
  const user = field('Account', { value: named() })
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
      reasonWords(entry.reason),
    ])
    fill(result, table(['When', 'Account', 'From', 'By', 'How', '', 'Reason'], rows, 'No attempts.'))
    return false
  }
  await load()
  return [
    h(
      'section',
      { class: 'panel' },
      h('h2', {}, 'Logins'),
      form([user, address, verdict, protocol], 'Show', load),
      result,
    ),
    await deedsPanel(),
  ]
}

async function deedsPanel() {
  const account = field('Account', { value: named() })
  const address = field('Address')
  const result = h('div', {})
  async function load() {
    const { deeds } = await call('GET /admin/deeds', {
      account: account.value || undefined,
      address: address.value || undefined,
      limit: LIMIT,
    })
    const rows = deeds.map(({ at, account: name, what, mailbox, to, messages, by }) => [
      when(at),
      name,
      tag(what, what === 'moved' || what === 'restored' ? 'good' : 'bad'),
      to === '' ? mailbox : `${mailbox} → ${to}`,
      numberCell(messages),
      by.administrator === undefined ? by.protocol : `${by.protocol} (${by.administrator})`,
      by.address,
      programName(by.client ?? ''),
    ])
    const heads = ['When', 'Account', '', 'Mailbox', '>Messages', 'By', 'From', 'Program']
    fill(result, table(heads, rows, 'Nothing was removed or moved.'))
    return false
  }
  await load()
  return h(
    'section',
    { class: 'panel' },
    h('h2', {}, 'Mail removed and moved'),
    form([account, address], 'Show', load),
    result,
  )
}
