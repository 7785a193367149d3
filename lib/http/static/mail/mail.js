// @ts-check
/** @import { Mailbox, Page, View } from '../base/types' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { icon, iconButton } from '../base/icons.js'
import { isPage } from '../base/pages.js'
import { write as writeMessage } from '../compose/desk.js'
import { createActions } from './actions.js'
import { createKeys } from './keys.js'
import { createLateReader } from './late-reader.js'
import { createDragging } from './list/dragging.js'
import { createList } from './list/list.js'
import { createListBar } from './list/list-bar.js'
import { emptyMailbox, markAllRead, pickOption } from './list/list-options.js'
import { createListing } from './list/listing.js'
import { applyDensity, chooseDensity, chooseOrder } from './list/look.js'
import { createLive } from './live.js'
import { editMailbox } from './mailbox-dialogs.js'
import { createMailboxes, titleOf } from './mailboxes.js'
import { createNav } from './nav.js'
import { noticesOf } from './notices.js'
import { createReading } from './reading.js'
import { createSearch } from './search.js'

const write = () => writeMessage({})

/**
 * The parts of the page, each of which is given what it asks the others for.
 * @param {Page} page
 * @param {HTMLElement} shell
 * @param {(mailbox: Mailbox) => void} onArrival
 */
function createParts(page, shell, onArrival) {
  const mailboxes = createMailboxes(() => nav.draw())
  const dragging = createDragging()
  const nav = createNav(page, mailboxes, write, (to) => void drop(dragging.take(), to))
  const search = createSearch(() => listing.runSearch())
  const live = createLive(() => refresh(true), page.boot)
  const listing = createListing({ mailboxes, search, list: () => list, bar: () => bar, onArrival })
  const reading = createReading({ shell, mailboxes, list: () => list, reader: () => reader })
  const reader = createLateReader({
    onAction: (action) => act(action),
    onBack: () => reading.back(),
    onWrite: writeMessage,
  })
  const list = createList({
    load: listing.load,
    isSent: () => mailboxes.here?.role === 'sent' || mailboxes.here?.role === 'drafts',
    onOpen: reading.open,
    onSelection: (count) => bar.showSelected(count),
    onTotal: (total) => bar.showTotal(total, listing.countText(total)),
    onDrag: dragging.start,
    whereOf: listing.whereOf,
  })
  const { isReading, back } = reading
  const { act, runUndo, drop } = createActions({ mailboxes, list, reader, isReading, back, refresh })
  const bar = createListBar({
    act,
    selectShown: list.selectLoaded,
    selectAll: listing.selectAll,
    clear: list.clearSelection,
    onFilter: listing.reset,
    onMore: () => listOptions(),
  })
  async function listOptions() {
    const { here } = mailboxes
    const option = here && (await pickOption(here))
    if (!here || !option) return
    if (option === 'read') await markAllRead(here)
    else if (option === 'empty') await emptyMailbox(here)
    else if ('compact' in option) {
      chooseDensity(option.compact)
      return list.measure()
    } else {
      chooseOrder(option.order)
      return listing.reset()
    }
    await refresh()
  }
  function goToInbox() {
    location.hash = `#/${mailboxes.byRole('inbox')?.id ?? ''}`
  }
  const onKey = createKeys({ list, search: search.input, isReading, back, write, act, undo: runUndo, goToInbox })

  async function refresh(background = false) {
    await Promise.all([mailboxes.load(background), list.refresh(background)])
  }
  return { mailboxes, nav, search, live, listing, reading, reader, list, bar, onKey }
}

/**
 * Mailboxes, the list of one, and a message.
 * @param {Page} page
 * @returns {Promise<View>}
 */
export async function mailView(page) {
  applyDensity()
  const shell = h('div', { class: 'shell' })
  const openMenu = () => shell.classList.add('menu-open')
  const closeMenu = () => shell.classList.remove('menu-open')
  const parts = createParts(page, shell, (mailbox) => {
    arrive(mailbox)
    history.replaceState(null, '', `#/${mailbox.id}`)
  })
  const { mailboxes, listing, reading, list } = parts
  const title = h('h1', { class: 'list-title' })
  const editButton = iconButton('pen', 'Rename or remove this mailbox', () => editMailbox(mailboxes), { hidden: true })

  /** @param {Mailbox} mailbox */
  function arrive(mailbox) {
    mailboxes.enter(mailbox)
    title.textContent = titleOf(mailbox)
    editButton.hidden = mailbox.role !== undefined
  }
  /**
   * @param {string} [id] of a mailbox
   * @param {string} [uid]
   */
  async function goTo(id, uid) {
    const mailbox = mailboxes.byId(id) ?? mailboxes.byRole('inbox')
    if (!mailbox) return
    const same = mailboxes.here?.id === mailbox.id
    arrive(mailbox)
    closeMenu()
    if (!same) {
      parts.search.clear()
      parts.bar.resetFilter()
      reading.close()
      await listing.reset()
    }
    if (uid) await reading.openUid(Number(uid))
    else if (same) reading.leave()
  }
  function onHash() {
    const [, id, uid] = location.hash.split('/')
    if (!isPage(id)) void goTo(id, uid)
  }

  const menuButton = iconButton('menu', 'Mailboxes', openMenu, { class: 'icon-button only-drawer' })
  const column = h(
    'section',
    { class: 'column', 'aria-label': 'Message list' },
    h('div', { class: 'list-head' }, menuButton, title, listing.threadsButton, editButton),
    parts.search.element,
    enteredBanner(page),
    noticesOf(page),
    parts.live.status,
    parts.search.notes,
    parts.bar.element,
    list.element,
    writeButton(),
  )
  const scrim = h('div', { class: 'scrim', onclick: closeMenu })
  fill(shell, scrim, parts.nav.element, column, parts.reader.element)
  await mailboxes.load()
  return {
    name: 'mail',
    element: shell,
    start() {
      window.addEventListener('hashchange', onHash)
      document.addEventListener('keydown', parts.onKey)
      parts.live.start()
      onHash()
      parts.reader.prepare()
      list.element.focus({ preventScroll: true })
    },
    stop() {
      window.removeEventListener('hashchange', onHash)
      document.removeEventListener('keydown', parts.onKey)
      parts.live.stop()
    },
  }
}

/** Over the list, where there is no side. */
const writeButton = () =>
  h(
    'button',
    { type: 'button', class: 'primary float only-drawer', 'aria-label': 'Write', onclick: write },
    icon('pen'),
  )

/**
 * An administrator is in somebody's mailbox.
 * @param {Page} page
 */
function enteredBanner(page) {
  const entered = page.session.me?.entered
  if (!entered) return undefined
  async function leave() {
    await call('DELETE /admin/entered')
    location.hash = ''
    await page.boot()
  }
  return h('p', { class: 'banner warn' }, `You are in the mailbox of ${entered}. `, button('Leave', leave))
}
