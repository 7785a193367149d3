// @ts-check
/** @import { Mailbox, Page } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { bytes } from '../base/format.js'
import { icon } from '../base/icons.js'
import { putAway } from '../compose/desk.js'
import { DRAGGED } from './list/dragging.js'
import { newMailbox } from './mailbox-dialogs.js'

/**
 * The side of the page: mailboxes, quota, and the ways out.
 * @param {Page} page
 * @param {Mailboxes} mailboxes
 * @param {() => void} write
 * @param {(mailbox: Mailbox) => unknown} onDrop rows were dropped on it
 */
export function createNav(page, mailboxes, write, onDrop) {
  const nav = h('nav', { 'aria-label': 'Mailboxes' })
  const quotaLine = h('p', { class: 'quota' })
  const { account = '', administrator = false } = page.session.me ?? {}

  function draw() {
    const { all, quota, here, byRole } = mailboxes
    const links = all.map((mailbox) => linkTo(mailbox, mailbox.id === here?.id, () => onDrop(mailbox)))
    fill(
      nav,
      ...links,
      button('+ New mailbox', () => newMailbox(mailboxes), 'quiet'),
    )
    const limit = quota && quota.limitBytes > 0 ? ` of ${bytes(quota.limitBytes)}` : ''
    quotaLine.textContent = `${bytes(quota?.usedBytes ?? 0)}${limit} used`
    const unread = byRole('inbox')?.unread ?? 0
    document.title = unread > 0 ? `(${unread}) Mail` : 'Mail'
  }
  async function logOut() {
    if (!(await putAway())) return
    await call('DELETE /session')
    page.showLogin()
  }
  const element = h(
    'aside',
    { class: 'side' },
    h('button', { type: 'button', class: 'primary compose', onclick: write }, icon('pen'), 'Write'),
    nav,
    h(
      'div',
      { class: 'side-foot' },
      quotaLine,
      h('a', { href: '#/contacts' }, icon('people'), h('span', { class: 'name' }, 'Contacts')),
      h('a', { href: '#/rules' }, icon('filter'), h('span', { class: 'name' }, 'Filters')),
      h('a', { href: '#/bin' }, icon('restore'), h('span', { class: 'name' }, 'Recently deleted')),
      h('a', { href: '#/account' }, icon('user'), h('span', { class: 'name', title: account }, account)),
      administrator && h('a', { href: '#/admin' }, icon('lock'), h('span', { class: 'name' }, 'Administration')),
      button('Log out', logOut, 'quiet'),
    ),
  )
  return { element, draw }
}

/**
 * @param {Mailbox} mailbox
 * @param {boolean} current
 * @param {() => unknown} onDrop
 */
function linkTo({ id, name, role, messages, unread }, current, onDrop) {
  const levels = name.split('/')
  const [count, what] = role === 'drafts' ? [messages, 'drafts'] : [unread, 'unread']
  const link = h(
    'a',
    {
      href: `#/${id}`,
      class: current ? 'current' : '',
      'aria-current': current ? 'page' : undefined,
      title: name,
    },
    icon(role ?? 'folder'),
    h('span', { class: 'name' }, role === 'inbox' ? 'Inbox' : levels.at(-1)),
    count > 0 && h('span', { class: 'badge', 'aria-label': `${count} ${what}` }, String(count)),
  )
  link.style.setProperty('--depth', String(role ? 0 : levels.length - 1))
  takesRows(link, onDrop)
  return link
}

/**
 * @param {HTMLElement} link
 * @param {() => unknown} onDrop
 */
function takesRows(link, onDrop) {
  /** @param {DragEvent} event */
  const isRows = (event) => event.dataTransfer?.types.includes(DRAGGED) === true
  link.addEventListener('dragover', (event) => {
    if (!isRows(event)) return
    event.preventDefault()
    link.classList.add('target')
  })
  link.addEventListener('dragleave', () => link.classList.remove('target'))
  link.addEventListener('drop', (event) => {
    link.classList.remove('target')
    if (!isRows(event)) return
    event.preventDefault()
    onDrop()
  })
}
