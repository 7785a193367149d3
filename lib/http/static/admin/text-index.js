// @ts-check
import { call } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { button, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { panel } from '../base/forms.js'
import { numberCell, table, tag } from '../base/table.js'

const STATES = {
  off: 'off: every search reads the mail',
  complete: 'complete',
  building: 'is being built in the background',
  waiting: 'not complete, and nobody builds it',
}

/** @param {() => Promise<void>} redraw */
export async function textIndex(redraw) {
  const { state, indexed, waiting, unreadable, octets, accounts, accountsBehind } = await call('GET /admin/index', {})
  /** @param {{ account?: string, name: string }} what */
  const rebuild = async ({ account, name }) => {
    const text = `What the index has of ${name} is thrown away, and built anew in the background. Searches find the same, but slower.`
    if (!(await confirmBox('Build the index anew?', text, 'Build anew'))) return
    await call('POST /admin/index/rebuild', {}, account === undefined ? {} : { account })
    toast('It is being built anew.')
    await redraw()
  }
  const rows = accounts.map(({ account, name, ...counts }) => [
    name,
    numberCell(counts.indexed),
    numberCell(counts.waiting),
    numberCell(counts.unreadable),
    button('Build anew', () => rebuild({ account, name })),
  ])
  const size = octets === undefined ? '' : `, ${bytes(octets)} on the disk`
  return [
    panel(
      'Text index of searches',
      h('p', {}, tag(STATES[state], state === 'complete' || state === 'building' ? 'good' : 'bad')),
      h('p', {}, `${indexed} messages indexed, ${waiting} waiting, ${unreadable} too large${size}`),
      button('Build anew', () => rebuild({ name: 'all accounts' })),
    ),
    panel(
      `Accounts of which mail waits (${accountsBehind})`,
      table(['Account', '>Indexed', '>Waiting', '>Too large', ''], rows, 'None.'),
    ),
  ]
}
