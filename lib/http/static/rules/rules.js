// @ts-check
/** @import { Filter, RulesAnswer, Rules, View } from '../base/types' */
import { call } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { field, form, panel } from '../base/forms.js'
import { iconButton } from '../base/icons.js'
import { table, tag } from '../base/table.js'
import { editFilter } from './filter-dialog.js'
import { inWords } from './words.js'

/** @param {string} label @param {boolean} checked */
function check(label, checked) {
  const input = h('input', { type: 'checkbox', checked })
  return { input, element: h('label', { class: 'check' }, input, label), value: '' }
}

/**
 * What is done with mail as it comes.
 * @returns {Promise<View>}
 */
export async function rulesView() {
  let state = await call('GET /rules')
  const { mailboxes } = await call('GET /mailboxes')
  const box = h('div', { class: 'page-inner' })

  /** @param {Partial<Rules>} change */
  async function save(change) {
    state = await call('PUT /rules', {}, { ...state.rules, ...change })
    toast('Saved.')
    draw()
  }
  function draw() {
    const { rules, active, own } = state
    const head = h('div', { class: 'page-head' }, h('h1', {}, 'Filters'), h('a', { href: '#/' }, 'Back to mail'))
    const inactive =
      !active &&
      h(
        'p',
        { class: 'banner warn' },
        `Your script ${own?.name ?? ''} is active, so what is set here does not run.`,
        button('Run these first, then the script', () => save({})),
      )
    fill(
      box,
      head,
      inactive,
      vacationPanel(rules, save),
      filtersPanel(
        rules.filters,
        mailboxes.map(({ name }) => name),
        state.mayForward,
        save,
      ),
      blockedPanel(rules.blocked, save),
      state.mayForward && forwardPanel(rules.forward, save),
      own && scriptPanel(own),
    )
  }
  draw()
  return { name: 'rules', element: h('main', { class: 'page' }, box) }
}

/**
 * @param {Rules} rules
 * @param {(change: Partial<Rules>) => Promise<void>} save
 */
function vacationPanel({ vacation }, save) {
  const on = check('Answer for me', vacation.on)
  const first = field('From (first day)', { type: 'date', value: vacation.first })
  const last = field('Until (last day)', { type: 'date', value: vacation.last })
  const subject = field('Subject', { value: vacation.subject, maxlength: 300, placeholder: 'Auto: and their subject' })
  const days = field('Once to each sender in (days)', { type: 'number', min: 1, max: 30, value: vacation.days })
  const text = h('textarea', { rows: 5, maxlength: 10_000, value: vacation.text })
  const written = { element: h('label', { class: 'field wide' }, h('span', {}, 'Text'), text), value: '' }
  const element = form([on, first, last, subject, days, written], 'Save', async () => {
    const next = { on: on.input.checked, first: first.value, last: last.value, subject: subject.value }
    await save({ vacation: { ...next, text: text.value, days: Number(days.value) || 7 } })
    return false
  })
  return panel(
    'Out of office',
    h(
      'p',
      { class: 'muted' },
      'Lists, automatic mail and junk get no answer. Without days it answers until you turn it off.',
    ),
    element,
  )
}

/**
 * @param {readonly Filter[]} filters
 * @param {readonly string[]} mailboxes
 * @param {boolean} mayForward
 * @param {(change: Partial<Rules>) => Promise<void>} save
 */
function filtersPanel(filters, mailboxes, mayForward, save) {
  /**
   * @param {number} index
   * @param {Filter[]} instead
   */
  const change = (index, ...instead) => save({ filters: filters.toSpliced(index, 1, ...instead) })
  /** @param {number} index */
  async function edit(index) {
    const given = filters[index]
    await editFilter(given, mailboxes, mayForward, (filter) =>
      given ? change(index, filter) : save({ filters: [...filters, filter] }),
    )
  }
  /** @param {number} index */
  async function remove(index) {
    if (await confirmBox('Remove', `The filter “${filters[index]?.name}” is removed.`, 'Remove')) await change(index)
  }
  /** @param {number} index */
  async function raise(index) {
    const [before, filter] = filters.slice(index - 1, index + 1)
    if (before && filter) await save({ filters: filters.toSpliced(index - 1, 2, filter, before) })
  }
  const rows = filters.map((filter, index) => [
    h('div', { class: 'who' }, h('strong', {}, filter.name), h('small', {}, inWords(filter))),
    filter.on ? tag('on', 'good') : tag('off'),
    h(
      'span',
      { class: 'row-tools' },
      index > 0 && iconButton('up', `Move ${filter.name} up`, () => raise(index)),
      button(filter.on ? 'Turn off' : 'Turn on', () => change(index, { ...filter, on: !filter.on })),
      iconButton('pen', `Change ${filter.name}`, () => edit(index)),
      iconButton('trash', `Remove ${filter.name}`, () => remove(index)),
    ),
  ])
  return panel(
    'Filters',
    table(['', '', ''], rows, 'None yet. A filter files, marks or removes mail as it comes.'),
    h(
      'div',
      {},
      button('New filter', () => edit(filters.length), 'primary'),
    ),
  )
}

/**
 * @param {readonly string[]} blocked
 * @param {(change: Partial<Rules>) => Promise<void>} save
 */
function blockedPanel(blocked, save) {
  const entry = field('Address, or @domain', { required: true, maxlength: 320, inputmode: 'email' })
  const rows = blocked.map((sender) => [
    sender,
    h(
      'span',
      { class: 'row-tools' },
      iconButton('trash', `Unblock ${sender}`, () => save({ blocked: blocked.filter((other) => other !== sender) })),
    ),
  ])
  return panel(
    'Blocked senders',
    h('p', { class: 'muted' }, 'Their mail goes to Junk.'),
    blocked.length > 0 && table(['Sender', ''], rows, ''),
    form([entry], 'Block', () => save({ blocked: [...new Set([...blocked, entry.value.trim().toLowerCase()])] })),
  )
}

/**
 * @param {Rules['forward']} forward
 * @param {(change: Partial<Rules>) => Promise<void>} save
 */
function forwardPanel(forward, save) {
  const on = check('Forward all mail', forward.on)
  const to = field('To', { value: forward.to, type: 'email', maxlength: 320 })
  const keep = check('Keep a copy here', forward.keep)
  const element = form([on, to, keep], 'Save', async () => {
    await save({ forward: { on: on.input.checked, to: to.value.trim(), keep: keep.input.checked } })
    return false
  })
  return panel('Forwarding', element)
}

/** @param {NonNullable<RulesAnswer['own']>} own */
const scriptPanel = ({ name, text }) =>
  panel(
    `Your own script: ${name}`,
    h('p', { class: 'muted' }, 'It runs after what is set here, and only your mail program changes it.'),
    h('pre', { class: 'script', tabindex: '0' }, text),
  )
