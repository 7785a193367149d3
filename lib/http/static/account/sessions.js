// @ts-check
/** @import { Page } from '../base/types' */
import { call } from '../base/api.js'
import { confirmBox } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { exactTime, programName } from '../base/format.js'
import { panel } from '../base/forms.js'
import { table, tag } from '../base/table.js'

/** @param {Page} page */
export function sessionsPanel(page) {
  const box = h('div', {})
  async function draw() {
    const { sessions } = await call('GET /sessions')
    /** @param {string} id */
    const end = async (id) => {
      await call('DELETE /sessions/{id}', { id })
      await draw()
    }
    const rows = sessions.map(({ id, label, address, createdAt, activeAt, current }) => [
      programName(label),
      address,
      exactTime(createdAt),
      exactTime(activeAt),
      current ? tag('this one', 'good') : button('End', () => end(id)),
    ])
    fill(box, table(['Program', 'Address', 'Since', 'Last used', ''], rows, 'None.'))
  }
  async function endAll() {
    if (!(await confirmBox('Log out everywhere', 'All web sessions end, this one too.', 'Log out'))) return
    await call('DELETE /sessions')
    page.showLogin()
  }
  const buttons = h('div', { class: 'buttons' }, button('Log out everywhere', endAll, 'danger'))
  return { draw, element: panel('Where you are logged in', box, buttons) }
}
