// @ts-check
import { call, messageOf } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { panel } from '../base/forms.js'
import { numberCell, table, when } from '../base/table.js'

/**
 * Accounts that were removed; nothing where there are none.
 * @param {() => Promise<void>} redraw
 */
export async function removedAccounts(redraw) {
  const { accounts } = await call('GET /admin/removed')
  if (accounts.length === 0) return undefined
  /** @param {() => Promise<string>} run */
  const attempt = async (run) => {
    toast(await run().catch(messageOf))
    await redraw()
  }
  /** @param {string} name */
  const restore = (name) =>
    attempt(async () => {
      await call('POST /admin/removed/restore', {}, { name })
      return `${name} is back.`
    })
  /** @param {string} name */
  async function erase(name) {
    if (!(await confirmBox('Erase account', `${name} and all its mail are gone for ever, at once.`, 'Erase'))) return
    await attempt(async () => {
      const { messages, left } = await call('POST /admin/removed/erase', {}, { name })
      const rest = left.length === 0 ? 'nothing is left' : `left are ${left.join(', ')}`
      return `${name} was erased with ${messages} messages; ${rest}.`
    })
  }
  const rows = accounts.map(({ name, messages, bytes: octets, removedAt, until }) => [
    name,
    numberCell(messages),
    numberCell(bytes(octets)),
    when(removedAt),
    when(until),
    h(
      'span',
      {},
      button('Restore', () => restore(name)),
      button('Erase', () => erase(name), 'danger'),
    ),
  ])
  return panel('Removed accounts', table(['Address', '>Messages', '>Size', 'Removed', 'Kept until', ''], rows, ''))
}
