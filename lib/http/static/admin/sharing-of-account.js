// @ts-check

import { call } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { createSharing } from '../sharing/sharing.js'

/** @type {{ id: string, name: string } | undefined} the user whose mailboxes are shown in place of the accounts */
let opened

/** @param {{ id: string, name: string } | undefined} account */
export function openSharing(account) {
  opened = account
}

/**
 * Who may do what with a user's mailboxes; undefined: the accounts are shown.
 * @param {() => Promise<void>} redraw
 */
export async function openedSharing(redraw) {
  if (!opened) return undefined
  const { id: account, name } = opened
  const { draw, content } = createSharing({
    load: () => call('GET /admin/accounts/{account}/sharing', { account }),
    set: (change) => call('PUT /admin/accounts/{account}/sharing', { account }, change),
    whose: name,
  })
  const back = async () => {
    openSharing(undefined)
    await redraw()
  }
  await draw()
  return [
    h('div', { class: 'page-head' }, h('h2', {}, `Sharing of ${name}`), button('Back to the accounts', back)),
    h('section', { class: 'panel' }, ...content),
  ]
}
