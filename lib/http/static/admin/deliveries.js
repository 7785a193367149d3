// @ts-check
/** @import { Field, Where } from '../base/types' */
import { call } from '../base/api.js'
import { fill, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { choiceField, field, form } from '../base/forms.js'
import { table, tag, when } from '../base/table.js'

/** Deliveries that are shown at once. */
const LIMIT = 200
const KB = 1024

/** @typedef {NonNullable<Where<'GET /admin/deliveries'>['outcome']>} Outcome */
/** @type {readonly Outcome[]} */
const OUTCOMES = ['stored', 'later', 'refused']

/**
 * As the administrator's clock has the day.
 * @param {Field} date
 * @param {string} clock
 */
const timeOf = ({ value }, clock) => (value ? new Date(`${value}T${clock}`).getTime() : undefined)

export async function deliveries() {
  const address = field('Sender or recipient')
  const outcome = choiceField('Outcome', [['', 'all'], ...OUTCOMES])
  const id = field('Message-ID')
  const size = field('Larger than (KB)', { type: 'number', min: 0 })
  const since = field('From day', { type: 'date' })
  const until = field('To day', { type: 'date' })
  const result = h('div', {})
  async function load() {
    const answer = await call('GET /admin/deliveries', {
      address: address.value.trim() || undefined,
      messageId: id.value.trim() || undefined,
      from: timeOf(since, '00:00:00.000'),
      to: timeOf(until, '23:59:59.999'),
      minSize: size.value ? Math.round(Number(size.value) * KB) : undefined,
      outcome: OUTCOMES.find((word) => word === outcome.value),
      limit: LIMIT,
    })
    const rows = answer.deliveries.map((delivery) => [
      when(delivery.at),
      delivery.sender || '(null sender)',
      delivery.recipient,
      tag(delivery.outcome, delivery.outcome === 'stored' ? 'good' : 'bad'),
      h('td', { class: 'number when' }, bytes(delivery.size)),
      delivery.reply,
      h('span', { class: 'cut', title: delivery.messageId }, delivery.messageId),
    ])
    fill(result, table(['When', 'From', 'To', '', '>Size', 'Reply', 'Message-ID'], rows, 'No deliveries.'))
    return false
  }
  await load()
  return [h('section', { class: 'panel' }, form([address, outcome, id, size, since, until], 'Show', load), result)]
}
