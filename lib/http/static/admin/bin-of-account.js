// @ts-check

import { call } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { createBin } from '../bin/bin.js'

/** @type {{ id: string, name: string } | undefined} the user whose messages are shown in place of the accounts */
let opened

/** @param {{ id: string, name: string } | undefined} account */
export function openBin(account) {
  opened = account
}

/**
 * What a user has removed; undefined: the accounts are shown.
 * @param {() => Promise<void>} redraw
 */
export async function openedBin(redraw) {
  if (!opened) return undefined
  const { id: account, name } = opened
  const bin = createBin({
    load: (asked) => call('GET /admin/accounts/{account}/bin', { account, ...asked }),
    restore: (which) => call('POST /admin/accounts/{account}/bin/restore', { account }, which),
    erase: (which) => call('POST /admin/accounts/{account}/bin/erase', { account }, which),
  })
  const back = async () => {
    openBin(undefined)
    await redraw()
  }
  await bin.draw()
  return [
    h('div', { class: 'page-head' }, h('h2', {}, `Recently deleted by ${name}`), button('Back to the accounts', back)),
    bin.element,
  ]
}
