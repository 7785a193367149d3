import { boot, loggedOut, session } from '../app.js'
import { del, get, patch, post } from '../base/api.js'
import { bytes, confirmBox, dialog, field, fill, h, icon, iconButton, toast, typedAll } from '../base/dom.js'
import { openComposer } from '../compose/compose.js'
import { createReader } from '../reader/reader.js'
import { createList } from './list.js'

const ORDER = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash']
const KEYS = [
  ['j / k', 'next, previous message'],
  ['Enter', 'open'],
  ['u or Esc', 'back to the list'],
  ['x', 'select'],
  ['c', 'write'],
  ['r / a / f', 'reply, reply to all, forward'],
  ['e', 'archive'],
  ['Delete or #', 'delete'],
  ['m', 'read / unread'],
  ['s', 'flag'],
  ['v', 'move'],
  ['z', 'undo'],
  ['/', 'search'],
  ['g i', 'inbox'],
  ['?', 'this list'],
]

export async function mailView() {
  let mailboxes = []
  let quota = {}
  let here
  let query = ''
  let threads = localStorage.getItem('threads') !== 'no'
  let undo
  let events
  let goPressed = 0

  const byRole = (role) => mailboxes.find((one) => one.role === role)
  const nav = h('nav', { 'aria-label': 'Mailboxes' })
  const quotaLine = h('p', { class: 'quota' })
  const status = h('p', { class: 'banner', hidden: true, role: 'status' })
  const title = h('h1', { class: 'list-title' })
  const search = h('input', {
    type: 'search',
    placeholder: 'Search',
    'aria-label': 'Search in this mailbox',
    enterkeyhint: 'search',
    title:
      'Words, "two words", -word, from:, to:, cc:, subject:, body:, filename:, has:attachment, is:unread, is:flagged, before:2026-01-31, after:, larger:1M, in:archive',
  })
  const searchNotes = h('p', { class: 'banner', hidden: true, role: 'status' })
  const shell = h('div', { class: 'shell' })

  const reader = createReader({
    onAction: act,
    onBack: () => back(),
    mailboxOf: () => here,
  })
  const list = createList({
    load: async (offset, limit, background) => {
      const search = new URLSearchParams({
        offset,
        limit,
        by: threads ? 'conversation' : 'message',
        ...(query && { query }),
      })
      const asked = query
      const got = await get(`/mailboxes/${here.id}/messages?${search}`, { background })
      if (asked === query) searched(got)
      return got
    },
    isSent: () => here?.role === 'sent' || here?.role === 'drafts',
    onOpen: (message) => void openMessage(message),
    onSelection: (count) => {
      selectionCount.textContent = count > 0 ? `${count} selected` : ''
      bar.classList.toggle('selecting', count > 0)
    },
  })
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

  async function loadMailboxes(background = false) {
    const got = await get('/mailboxes', { background })
    mailboxes = got.mailboxes
    quota = got.quota
    const rank = ({ role }) => (ORDER.includes(role) ? ORDER.indexOf(role) : ORDER.length)
    mailboxes.sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name))
    if (here) here = mailboxes.find((one) => one.id === here.id) ?? byRole('inbox')
    drawNav()
  }
  function drawNav() {
    const links = mailboxes.map((one) => {
      const shown = one.role === 'inbox' ? 'Inbox' : one.name.slice(one.name.lastIndexOf('/') + 1)
      const count = one.role === 'drafts' ? one.messages : one.unread
      const link = h(
        'a',
        {
          href: `#/${one.id}`,
          class: one.id === here?.id ? 'current' : '',
          'aria-current': one.id === here?.id ? 'page' : undefined,
          title: one.name,
        },
        icon(one.role ?? 'folder'),
        h('span', { class: 'name' }, shown),
        count > 0 &&
          h(
            'span',
            { class: 'badge', 'aria-label': `${count} ${one.role === 'drafts' ? 'drafts' : 'unread'}` },
            String(count),
          ),
      )
      link.style.setProperty('--depth', one.role ? 0 : one.name.split('/').length - 1)
      return link
    })
    fill(nav, links, h('button', { type: 'button', class: 'quiet', onclick: newMailbox }, '+ New mailbox'))
    const limit = quota.limitBytes > 0 ? ` of ${bytes(quota.limitBytes)}` : ''
    quotaLine.textContent = `${bytes(quota.usedBytes ?? 0)}${limit} used`
    const unread = byRole('inbox')?.unread ?? 0
    document.title = unread > 0 ? `(${unread}) Mail` : 'Mail'
  }

  async function newMailbox() {
    const name = await dialog('New mailbox', (close) => {
      const input = field('Name', { required: true, maxlength: 200 })
      return h(
        'form',
        { onsubmit: (event) => (event.preventDefault(), close(input.querySelector('input').value.trim())) },
        input,
        h('div', { class: 'buttons' }, h('button', { class: 'primary' }, 'Make it')),
      )
    })
    if (!name) return
    await post('/mailboxes', { name })
    await loadMailboxes()
  }
  async function editMailbox() {
    const done = await dialog(here.name, (close) => {
      const input = field('Name', { value: here.name, maxlength: 200 })
      return [
        h(
          'form',
          { onsubmit: (event) => (event.preventDefault(), close({ name: input.querySelector('input').value.trim() })) },
          input,
          h(
            'div',
            { class: 'buttons' },
            h('button', { type: 'button', class: 'danger', onclick: () => close({ remove: true }) }, 'Remove mailbox'),
            h('button', { class: 'primary' }, 'Rename'),
          ),
        ),
      ]
    })
    if (done?.remove) {
      if (
        !(await confirmBox(
          'Remove mailbox',
          `${here.name} and its ${here.messages} messages go away for ever.`,
          'Remove',
        ))
      )
        return
      await del(`/mailboxes/${here.id}`)
      here = undefined
      location.hash = `#/${byRole('inbox').id}`
    } else if (done?.name && done.name !== here.name) await patch(`/mailboxes/${here.id}`, { name: done.name })
    await loadMailboxes()
  }

  function arrive(mailbox) {
    here = mailbox
    drawNav()
    title.textContent = mailbox.role === 'inbox' ? 'Inbox' : mailbox.name
    editButton.hidden = mailbox.role !== undefined
  }
  /** What was not understood, and where `in:` has looked. */
  function searched({ mailbox, notes }) {
    searchNotes.textContent = notes.join(' ')
    searchNotes.hidden = notes.length === 0
    const found = mailboxes.find((one) => one.id === mailbox)
    if (!found || found.id === here.id) return
    arrive(found)
    history.replaceState(null, '', `#/${found.id}`)
  }

  async function goTo(id, uid) {
    const found = mailboxes.find((one) => one.id === id) ?? byRole('inbox')
    const same = here?.id === found.id
    arrive(found)
    closeMenu()
    if (!same) {
      query = ''
      search.value = ''
      reader.close()
      shell.classList.remove('reading')
      await list.reset(emptyText())
    }
    if (uid) await openUid(Number(uid))
    else if (same) back(true)
  }
  const emptyText = () =>
    query ? 'Nothing found.' : here?.role === 'inbox' ? 'No mail. Enjoy the day.' : 'Nothing here.'

  async function openMessage(message) {
    if (here.role === 'drafts') return openDraft(message.uid)
    history.pushState(null, '', `#/${here.id}/${message.uid}`)
    const unseen = message.conversation ? message.conversation.unread > 0 : !message.flags.includes('\\Seen')
    if (unseen)
      list.patch([message.uid], (one) => {
        if (!one.flags.includes('\\Seen')) one.flags.push('\\Seen')
        if (one.conversation) one.conversation.unread = 0
      })
    shell.classList.add('reading')
    await reader.open(here, message.uid, message.conversation?.uids ?? [message.uid])
  }
  async function openUid(uid) {
    if (reader.uid === uid) return
    await reader.open(here, uid, [uid])
    shell.classList.add('reading')
  }
  function back(quiet) {
    shell.classList.remove('reading')
    reader.close()
    if (!quiet && here) history.replaceState(null, '', `#/${here.id}`)
    list.element.focus()
  }

  async function openDraft(uid) {
    const draft = await get(`/mailboxes/${here.id}/messages/${uid}`)
    openComposer({
      to: typedAll(draft.to),
      cc: typedAll(draft.cc),
      bcc: typedAll(draft.bcc),
      subject: draft.subject,
      text: draft.text,
      references: draft.references,
      replaces: { mailbox: here.id, uid },
      attachments: draft.attachments.map(({ part, name, size }) => ({ name, size, mailbox: here.id, uid, part })),
    })
  }

  function targets() {
    if (shell.classList.contains('reading') && reader.message && list.targets().messages.length <= 1) {
      const row = list.targets().messages[0]
      const whole = row && (row.uid === reader.uid || row.conversation?.uids.includes(reader.uid))
      return {
        uids: whole && row.conversation ? row.conversation.uids : [reader.uid],
        messages: row ? [row] : [reader.message],
      }
    }
    return list.targets()
  }

  async function moveTo(uids, to, what) {
    if (!to || uids.length === 0 || to.id === here.id) return
    const from = here
    const moved = await post(`/mailboxes/${from.id}/move`, { uids, to: to.id })
    list.clearSelection()
    if (shell.classList.contains('reading')) back()
    undo = async () => {
      await post(`/mailboxes/${moved.mailbox}/move`, { uids: moved.destination, to: from.id })
      toast('Moved back.')
      await refresh(false)
    }
    const count = moved.source.length
    toast(`${count === 1 ? 'Message' : `${count} messages`} ${what}.`, { label: 'Undo', run: () => void runUndo() })
    await refresh(false)
  }
  async function runUndo() {
    const last = undo
    undo = undefined
    if (last) await last()
  }

  async function setFlag(uids, name, on) {
    await post(`/mailboxes/${here.id}/flags`, { uids, [on ? 'add' : 'remove']: [name] })
    undo = async () => {
      await post(`/mailboxes/${here.id}/flags`, { uids, [on ? 'remove' : 'add']: [name] })
      await refresh(false)
    }
    await refresh(false)
  }

  async function act(what, extra) {
    const { uids, messages } = targets()
    if (uids.length === 0 && what !== 'compose') return
    switch (what) {
      case 'archive':
        return moveTo(uids, byRole('archive') ?? (await makeRole('Archive')), 'archived')
      case 'junk':
        return moveTo(
          uids,
          here.role === 'junk' ? byRole('inbox') : byRole('junk'),
          here.role === 'junk' ? 'moved to Inbox' : 'moved to Junk',
        )
      case 'delete':
        if (here.role !== 'trash') return moveTo(uids, byRole('trash') ?? (await makeRole('Trash')), 'deleted')
        if (
          !(await confirmBox(
            'Delete for ever',
            `${uids.length === 1 ? 'This message goes' : `These ${uids.length} messages go`} away for ever.`,
            'Delete',
          ))
        )
          return
        await post(`/mailboxes/${here.id}/expunge`, { uids })
        if (shell.classList.contains('reading')) back()
        return refresh(false)
      case 'seen': {
        const read = messages.every((one) =>
          one.conversation ? one.conversation.unread === 0 : one.flags.includes('\\Seen'),
        )
        await setFlag(uids, '\\Seen', !read)
        if (read && shell.classList.contains('reading')) back()
        return
      }
      case 'flag': {
        const on = !messages.every((one) => one.flags.includes('\\Flagged'))
        await setFlag(on ? messages.map(({ uid }) => uid) : uids, '\\Flagged', on)
        return reader.flagged(on)
      }
      case 'move': {
        const to = await pickMailbox()
        return to && moveTo(uids, to, `moved to ${to.name}`)
      }
      case 'reply':
      case 'replyAll':
      case 'forward':
      case 'forwardFile':
        if (!reader.message) {
          list.openActive()
          return
        }
        return openComposer(reader.answer(what, session.me.account))
      default:
        return extra
    }
  }
  async function makeRole(name) {
    await post('/mailboxes', { name })
    await loadMailboxes()
    return mailboxes.find((one) => one.name === name)
  }
  const pickMailbox = () =>
    dialog('Move to', (close) =>
      h(
        'div',
        { class: 'choices' },
        mailboxes
          .filter((one) => one.id !== here.id)
          .map((one) =>
            h(
              'button',
              { type: 'button', class: 'quiet', onclick: () => close(one) },
              icon(one.role ?? 'folder'),
              one.role === 'inbox' ? 'Inbox' : one.name,
            ),
          ),
      ),
    )

  async function refresh(background) {
    await Promise.all([loadMailboxes(background), list.refresh(background)])
  }

  const openMenu = () => shell.classList.add('menu-open')
  const closeMenu = () => shell.classList.remove('menu-open')
  const editButton = iconButton('pen', 'Rename or remove this mailbox', () => void editMailbox(), { hidden: true })
  const threadsButton = iconButton('threads', 'Conversations', toggleThreads, { 'aria-pressed': String(threads) })
  async function toggleThreads() {
    threads = !threads
    localStorage.setItem('threads', threads ? 'yes' : 'no')
    threadsButton.setAttribute('aria-pressed', String(threads))
    await list.reset(emptyText())
  }

  search.addEventListener('change', async () => {
    query = search.value.trim()
    await list.reset(emptyText())
    if (query && list.total > 0) toast(`${list.total} found`)
  })
  search.addEventListener('search', () => search.value === '' && query && search.dispatchEvent(new Event('change')))

  const entered = session.me.entered
  const admin = session.me.administrator
  fill(
    shell,
    h('div', { class: 'scrim', onclick: closeMenu }),
    h(
      'aside',
      { class: 'side' },
      h('button', { type: 'button', class: 'primary compose', onclick: () => openComposer({}) }, icon('pen'), 'Write'),
      nav,
      h(
        'div',
        { class: 'side-foot' },
        quotaLine,
        h(
          'a',
          { href: '#/account' },
          icon('user'),
          h('span', { class: 'name', title: session.me.account }, session.me.account),
        ),
        admin && h('a', { href: '#/admin' }, icon('lock'), h('span', { class: 'name' }, 'Administration')),
        h(
          'button',
          { type: 'button', class: 'quiet', onclick: async () => (await del('/session'), loggedOut()) },
          'Log out',
        ),
      ),
    ),
    h(
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
      h('div', { class: 'search' }, icon('search'), search),
      bar,
      entered &&
        h(
          'p',
          { class: 'banner warn' },
          `You are in the mailbox of ${entered}. `,
          h(
            'button',
            { type: 'button', onclick: async () => (await del('/admin/entered'), (location.hash = ''), boot()) },
            'Leave',
          ),
        ),
      status,
      searchNotes,
      list.element,
      h(
        'button',
        { type: 'button', class: 'primary float only-narrow', 'aria-label': 'Write', onclick: () => openComposer({}) },
        icon('pen'),
      ),
    ),
    reader.element,
  )

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const typing = event.target.closest?.('input, textarea, select, dialog, .composer')
    if (typing) {
      if (event.key === 'Escape' && event.target === search) list.element.focus()
      return
    }
    const reading = shell.classList.contains('reading')
    const openNext = (by) => {
      list.step(by)
      if (reading) list.openActive()
    }
    const inGo = Date.now() - goPressed < 1200
    goPressed = 0
    const keys = {
      j: () => openNext(1),
      k: () => openNext(-1),
      ArrowDown: () => !reading && list.step(1),
      ArrowUp: () => !reading && list.step(-1),
      PageDown: () => !reading && list.step(8),
      PageUp: () => !reading && list.step(-8),
      Home: () => !reading && list.step(-1e9),
      End: () => !reading && list.step(1e9),
      Enter: () => event.target.closest('.list') && list.openActive(),
      o: () => list.openActive(),
      u: () => back(),
      Escape: () => (reading ? back() : list.clearSelection()),
      x: () => list.toggleActive(),
      c: () => openComposer({}),
      r: () => act('reply'),
      a: () => act('replyAll'),
      f: () => act('forward'),
      e: () => act('archive'),
      '#': () => act('delete'),
      Delete: () => act('delete'),
      m: () => act('seen'),
      s: () => act('flag'),
      v: () => act('move'),
      z: () => runUndo(),
      '/': () => search.focus(),
      '*': () => list.selectLoaded(),
      '?': () =>
        dialog('Keys', () =>
          h(
            'dl',
            { class: 'keys' },
            KEYS.flatMap(([key, what]) => [h('dt', {}, h('kbd', {}, key)), h('dd', {}, what)]),
          ),
        ),
      g: () => {
        goPressed = Date.now()
      },
      i: () => {
        if (inGo) location.hash = `#/${byRole('inbox').id}`
      },
    }
    const run = keys[event.key]
    if (!run) return
    if (run() !== false) event.preventDefault()
  }
  function onHash() {
    const [, id, uid] = location.hash.split('/')
    if (id !== 'account' && id !== 'admin') void goTo(id, uid)
  }

  let pending
  function listen() {
    events = new EventSource('/api/v1/events')
    const soon = () => {
      clearTimeout(pending)
      pending = setTimeout(() => void refresh(true).catch(() => undefined), 80)
    }
    let lost = false
    events.addEventListener('hello', () => {
      status.hidden = true
      // What happened while there was no stream.
      if (lost) soon()
      lost = false
    })
    events.addEventListener('mailbox', soon)
    events.addEventListener('list', soon)
    events.addEventListener('lost', () => void boot())
    events.addEventListener('error', () => {
      lost = true
      if (events.readyState === EventSource.CLOSED)
        setTimeout(() => events.readyState === EventSource.CLOSED && listen(), 5000)
      setTimeout(() => {
        if (!lost) return
        status.textContent = 'No live updates: the connection is lost.'
        status.hidden = false
      }, 3000)
    })
  }

  await loadMailboxes()
  return {
    name: 'mail',
    element: shell,
    start() {
      window.addEventListener('hashchange', onHash)
      document.addEventListener('keydown', onKey)
      listen()
      onHash()
      list.element.focus({ preventScroll: true })
    },
    stop() {
      window.removeEventListener('hashchange', onHash)
      document.removeEventListener('keydown', onKey)
      clearTimeout(pending)
      events?.close()
    },
  }
}
