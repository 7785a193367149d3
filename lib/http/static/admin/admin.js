// @ts-check
/** @import { Leaf, Page, View } from '../base/types' */
import { fill, h } from '../base/dom.js'
import { iconButton } from '../base/icons.js'
import { accounts } from './accounts.js'
import { audit } from './audit.js'
import { deliveries } from './deliveries.js'
import { lockouts } from './lockouts.js'
import { overview } from './overview.js'
import { sessions } from './sessions.js'
import { textIndex } from './text-index.js'

/**
 * @typedef {object} Tab
 * @property {string} name
 * @property {string} title
 * @property {(redraw: () => Promise<void>, page: Page) => Promise<readonly Leaf[]>} content
 */

/** @type {readonly [Tab, ...Tab[]]} */
const TABS = [
  { name: 'overview', title: 'Overview', content: overview },
  { name: 'accounts', title: 'Accounts', content: accounts },
  { name: 'sessions', title: 'Sessions and locks', content: sessions },
  { name: 'lockouts', title: 'Lockouts', content: lockouts },
  { name: 'deliveries', title: 'Deliveries', content: deliveries },
  { name: 'index', title: 'Text index', content: textIndex },
  { name: 'audit', title: 'Audit trail', content: audit },
]

/**
 * @param {Page} page
 * @returns {Promise<View>}
 */
export async function adminView(page) {
  const asked = location.hash.split('/')[2] ?? 'overview'
  const tab = TABS.find(({ name }) => name === asked) ?? TABS[0]
  const box = h('div', { class: 'page-inner' })
  const head = h(
    'div',
    { class: 'page-head' },
    h('h1', {}, 'Administration'),
    iconButton('reload', 'Load again', redraw),
    h('a', { href: '#/' }, 'Back to mail'),
  )
  const nav = h(
    'nav',
    { class: 'tabs', 'aria-label': 'Administration' },
    TABS.map(({ name, title }) =>
      h('a', { href: `#/admin/${name}`, 'aria-current': name === asked ? 'page' : undefined }, title),
    ),
  )
  async function redraw() {
    fill(box, head, nav, await tab.content(redraw, page))
  }
  await redraw()
  return { name: 'admin', element: h('main', { class: 'page' }, box) }
}
