// @ts-check
/** @import { Page, Summary, View } from '../base/types' */
import { call } from '../base/api.js'
import { toast } from '../base/dialogs.js'
import { button, fill, h } from '../base/dom.js'
import { typedAll } from '../base/format.js'
import { icon, iconButton } from '../base/icons.js'
import { openComposer } from '../compose/compose.js'
import { createReader } from '../reader/reader.js'
import { createActions } from './actions.js'
import { createKeys } from './keys.js'
import { createList } from './list.js'
import { createLive } from './live.js'
import { editMailbox } from './mailbox-dialogs.js'
import { createMailboxes, titleOf } from './mailboxes.js'
import { createNav } from './nav.js'
import { createSearch } from './search.js'

const write = () => openComposer({})

/**
 * Mailboxes, the list of one, and a message.
 * @param {Page} page
 * @returns {Promise<View>}
 */
export async function mailView(page) {
  const shell = h('div', { class: 'shell' })
  const isReading = () => shell.classList.contains('reading')
  const mailboxes = createMailboxes(() => nav.draw())
  const nav = createNav(page, mailboxes, write)
  const search = createSearch(runSearch)
  const live = createLive(() => refresh(true), page.boot)
  const reader = createReader({ onAction: (action) => actions.act(action), onBack: back })
  const list = createList({
    load: loadMessages,
    isSent: () => mailboxes.here?.role === 'sent' || mailboxes.here?.role === 'drafts',
    onOpen: openMessage,
    onSelection(count) {
      selectionCount.textContent = count > 0 ? `${count} selected` : ''
      bar.classList.toggle('selecting', count > 0)
    },
  })
  const actions = createActions({
    mailboxes,
    list,
    reader,
    own: page.session.me?.account ?? '',
    isReading,
    back,
    refresh,
  })
  const { act } = actions
  const onKey = createKeys({
    list,
    search: search.input,
    isReading,
    back,
    write,
    act,
    undo: actions.runUndo,
    goToInbox() {
      location.hash = `#/${mailboxes.byRole('inbox')?.id ?? ''}`
    },
  })

  const title = h('h1', { class: 'list-title' })
  const selectionCount = h('span', { class: 'selected-count', role: 'status' })
  const bar = h(
    'div',
    { class: 'list-actions', role: 'toolbar', 'aria-label': 'Selected messages' },
    selectionCount,
    iconButton('archive', 'Archive', () => act('archive')),
    iconButton('trash', 'Delete', () => act('delete')),
    iconButton('unread', 'Read or unread', () => act('seen')),
    iconButton('star', 'Flag', () => act('flag')),
    iconButton('move', 'Move', () => act('move')),
    iconButton('close', 'Clear selection', () => list.clearSelection()),
  )

  let threads = localStorage.getItem('threads') !== 'no'
  const threadsButton = iconButton('threads', 'Conversations', turnThreads, { 'aria-pressed': String(threads) })
  async function turnThreads() {
    threads = !threads
    localStorage.setItem('threads', threads ? 'yes' : 'no')
    threadsButton.setAttribute('aria-pressed', String(threads))
    await resetList()
  }

  /**
   * @param {number} offset
   * @param {number} limit
   * @param {boolean} background
   */
  async function loadMessages(offset, limit, background) {
    const { query } = search
    const where = {
      mailbox: mailboxes.here?.id ?? '',
      offset,
      limit,
      by: threads ? /** @type {const} */ ('conversation') : /** @type {const} */ ('message'),
      query: query || undefined,
    }
    const answer = await call('GET /mailboxes/{mailbox}/messages', where, undefined, { background })
    if (query === search.query) {
      search.note(answer.notes)
      arriveWhereItLooked(answer.mailbox)
    }
    return answer
  }
  /**
   * `in:` has looked into another mailbox.
   * @param {string} id
   */
  function arriveWhereItLooked(id) {
    const mailbox = mailboxes.byId(id)
    if (!mailbox || id === mailboxes.here?.id) return
    arrive(mailbox)
    history.replaceState(null, '', `#/${id}`)
  }
  async function runSearch() {
    await resetList()
    if (search.query && list.total > 0) toast(`${list.total} found`)
  }
  function resetList() {
    const empty = mailboxes.here?.role === 'inbox' ? 'No mail. Enjoy the day.' : 'Nothing here.'
    return list.reset(search.query ? 'Nothing found.' : empty)
  }
  async function refresh(background = false) {
    await Promise.all([mailboxes.load(background), list.refresh(background)])
  }

  const editButton = iconButton('pen', 'Rename or remove this mailbox', () => editMailbox(mailboxes), { hidden: true })
  /** @param {import('../base/types').Mailbox} mailbox */
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
      search.clear()
      reader.close()
      shell.classList.remove('reading')
      await resetList()
    }
    if (uid) await openUid(Number(uid))
    else if (same) leaveMessage()
  }

  /** @param {Summary} message */
  async function openMessage({ uid, conversation, flags }) {
    const { here } = mailboxes
    if (!here) return
    if (here.role === 'drafts') return openDraft(uid)
    history.pushState(null, '', `#/${here.id}/${uid}`)
    if (conversation ? conversation.unread > 0 : !flags.includes('\\Seen')) {
      list.patch([uid], (message) => {
        if (!message.flags.includes('\\Seen')) message.flags.push('\\Seen')
        if (message.conversation) message.conversation.unread = 0
      })
    }
    shell.classList.add('reading')
    await reader.open(here, uid, conversation?.uids ?? [uid])
  }
  /** @param {number} uid */
  async function openUid(uid) {
    const { here } = mailboxes
    if (!here || reader.message?.uid === uid) return
    await reader.open(here, uid, [uid])
    shell.classList.add('reading')
  }
  /** @param {number} uid */
  async function openDraft(uid) {
    const place = { mailbox: mailboxes.here?.id ?? '', uid }
    const { to, cc, bcc, subject, text, references, attachments } = await call(
      'GET /mailboxes/{mailbox}/messages/{uid}',
      place,
    )
    openComposer({
      to: typedAll(to),
      cc: typedAll(cc),
      bcc: typedAll(bcc),
      subject,
      text,
      references,
      replaces: place,
      attachments: attachments.map(({ part, name, size }) => ({ name, size, ...place, part })),
    })
  }
  function leaveMessage() {
    shell.classList.remove('reading')
    reader.close()
    list.element.focus()
  }
  function back() {
    leaveMessage()
    if (mailboxes.here) history.replaceState(null, '', `#/${mailboxes.here.id}`)
  }

  const openMenu = () => shell.classList.add('menu-open')
  const closeMenu = () => shell.classList.remove('menu-open')
  const column = h(
    'section',
    { class: 'column', 'aria-label': 'Message list' },
    h(
      'div',
      { class: 'list-head' },
      iconButton('menu', 'Mailboxes', openMenu, { class: 'icon-button only-narrow' }),
      title,
      threadsButton,
      editButton,
    ),
    search.element,
    bar,
    enteredBanner(page),
    live.status,
    search.notes,
    list.element,
    h(
      'button',
      { type: 'button', class: 'primary float only-narrow', 'aria-label': 'Write', onclick: write },
      icon('pen'),
    ),
  )
  fill(shell, h('div', { class: 'scrim', onclick: closeMenu }), nav.element, column, reader.element)

  function onHash() {
    const [, id, uid] = location.hash.split('/')
    if (id !== 'account' && id !== 'admin') void goTo(id, uid)
  }
  await mailboxes.load()
  return {
    name: 'mail',
    element: shell,
    start() {
      window.addEventListener('hashchange', onHash)
      document.addEventListener('keydown', onKey)
      live.start()
      onHash()
      list.element.focus({ preventScroll: true })
    },
    stop() {
      window.removeEventListener('hashchange', onHash)
      document.removeEventListener('keydown', onKey)
      live.stop()
    },
  }
}

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
