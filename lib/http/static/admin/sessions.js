// @ts-check
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { programName } from '../base/format.js'
import { panel } from '../base/forms.js'
import { numberCell, table, tag, when } from '../base/table.js'
import { reasonWords } from './words.js'

/** Refusals that are shown. */
const LIMIT = 30
/** Fence and process of a lock are for who looks for a fault in it. */
let internals = false

/** @param {() => Promise<void>} redraw */
export const sessions = async (redraw) => Promise.all([locksPanel(redraw), refusedPanel(), webPanel(redraw)])

/** @param {() => Promise<void>} redraw */
async function locksPanel(redraw) {
  const { locks, driver } = await call('GET /admin/locks')
  /**
   * @param {string} account
   * @param {string} lease
   */
  const end = async (account, lease) => {
    await call('DELETE /admin/locks/{account}/{lease}', { account, lease })
    toast('Ended.')
    await redraw()
  }
  const rows = locks.flatMap(({ account, name, waiters, holders }) =>
    holders.map(({ id, protocol, access, address, client, since, activeAt, fence, mode, process }) => [
      name,
      protocol,
      access === 'exclusive' ? 'alone' : 'together with others',
      address,
      programName(client ?? ''),
      when(since),
      when(activeAt),
      numberCell(waiters),
      ...(internals ? [mode, numberCell(fence ?? ''), process] : []),
      button('End', () => end(account, id), 'danger'),
    ]),
  )
  const more = internals ? ['Mode', '>Fence', 'Process'] : []
  const heads = ['Account', 'By', 'Is in', 'From', 'Program', 'Since', 'Active', '>Waiting', ...more, '']
  const box = h('input', {
    type: 'checkbox',
    checked: internals,
    onchange: () => {
      internals = box.checked
      void redraw()
    },
  })
  return panel(
    'Open mailboxes',
    table(heads, rows, 'Nobody is in a mailbox.'),
    h('p', { class: 'muted' }, h('label', {}, box, ` Show internals (locks: ${driver})`)),
  )
}

/** Who could not log in lately, and why. */
async function refusedPanel() {
  const { entries } = await call('GET /admin/audit', { verdict: 'refused', limit: LIMIT })
  const rows = entries.map(({ at, user, address, protocol, reason }) => [
    when(at),
    user || '(no name)',
    address,
    protocol,
    reasonWords(reason),
  ])
  return panel('Refused lately', table(['When', 'Account', 'From', 'By', 'Why'], rows, 'Nobody was refused.'))
}

/** @param {() => Promise<void>} redraw */
async function webPanel(redraw) {
  const answer = await call('GET /admin/sessions')
  /** @param {string} id */
  const end = async (id) => {
    await call('DELETE /admin/sessions/{id}', { id })
    await redraw()
  }
  const rows = answer.sessions.map(({ id, account, address, label, createdAt, activeAt, current }) => [
    account ?? '?',
    address,
    programName(label),
    when(createdAt),
    when(activeAt),
    current ? tag('this one', 'good') : button('End', () => end(id), 'danger'),
  ])
  return panel('Web sessions', table(['Account', 'From', 'Program', 'Since', 'Last used', ''], rows, 'None.'))
}
