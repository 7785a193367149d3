// @ts-check
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button } from '../base/dom.js'
import { exactTime, programName } from '../base/format.js'
import { panel } from '../base/forms.js'
import { numberCell, table, tag } from '../base/table.js'

/** @param {() => Promise<void>} redraw */
export const sessions = async (redraw) => Promise.all([locksPanel(redraw), webPanel(redraw)])

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
    holders.map(({ id, protocol, access, address, client, since, activeAt, fence }) => [
      name,
      protocol,
      access,
      address,
      programName(client ?? ''),
      exactTime(since),
      exactTime(activeAt),
      numberCell(waiters),
      numberCell(fence ?? ''),
      button('End', () => end(account, id), 'danger'),
    ]),
  )
  const heads = ['Account', 'By', 'Access', 'From', 'Program', 'Since', 'Active', '>Waiting', '>Fence', '']
  return panel(`In mailboxes now (locks: ${driver})`, table(heads, rows, 'Nobody is in a mailbox.'))
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
    exactTime(createdAt),
    exactTime(activeAt),
    current ? tag('this one', 'good') : button('End', () => end(id), 'danger'),
  ])
  return panel('Web sessions', table(['Account', 'From', 'Program', 'Since', 'Last used', ''], rows, 'None.'))
}
