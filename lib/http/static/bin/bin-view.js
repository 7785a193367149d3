// @ts-check
/** @import { View } from '../base/types' */
import { call } from '../base/api.js'
import { h } from '../base/dom.js'
import { createBin } from './bin.js'

/**
 * What a person has removed.
 * @returns {Promise<View>}
 */
export async function binView() {
  const bin = createBin({
    load: (asked) => call('GET /bin', asked),
    restore: (which) => call('POST /bin/restore', {}, which),
    erase: (which) => call('POST /bin/erase', {}, which),
  })
  await bin.draw()
  const head = h('div', { class: 'page-head' }, h('h1', {}, 'Recently deleted'), h('a', { href: '#/' }, 'Back to mail'))
  return { name: 'bin', element: h('main', { class: 'page' }, h('div', { class: 'page-inner' }, head, bin.element)) }
}
