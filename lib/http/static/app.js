import { call, del, get, setCsrf, whenRefused } from './base/api.js'
import { field, fill, h, icon, shortTime, toast } from './base/dom.js'

const root = document.getElementById('app')
/** What is shown now; asked to stop before something else is. */
let current
export const session = { me: undefined }

const PROTOCOLS = {
  pop3: 'a POP3 mail program',
  imap: 'an IMAP mail program',
  webmail: 'webmail',
  admin: 'an administrator',
  api: 'a program',
}

export function applyTheme() {
  const theme = localStorage.getItem('theme')
  if (theme) document.documentElement.dataset.theme = theme
  else delete document.documentElement.dataset.theme
}

function show(view) {
  current?.stop?.()
  current = view
  fill(root, view.element)
  view.start?.()
}

function loginView(note) {
  const message = h('p', { class: 'form-error', role: 'alert' }, note ?? '')
  const user = field('Address', {
    type: 'text',
    name: 'user',
    autocomplete: 'username',
    required: true,
    autofocus: true,
    spellcheck: 'false',
    inputmode: 'email',
  })
  const password = field('Password', {
    type: 'password',
    name: 'password',
    autocomplete: 'current-password',
    required: true,
  })
  const code = field('Code of your authenticator app, or a recovery code', {
    name: 'code',
    autocomplete: 'one-time-code',
    inputmode: 'numeric',
    maxlength: 11,
  })
  code.hidden = true
  const button = h('button', { class: 'primary', type: 'submit' }, 'Log in')
  const value = (label) => label.querySelector('input').value
  async function submit(event) {
    event.preventDefault()
    button.disabled = true
    message.textContent = ''
    try {
      const second = code.hidden ? {} : { code: value(code) }
      await call('POST', '/session', { user: value(user), password: value(password), ...second })
      // Whoever else is in the mailbox is waited for a while.
      button.textContent = 'Opening the mailbox ...'
      await boot()
    } catch (error) {
      if (error.error === 'code-required') {
        code.hidden = false
        code.querySelector('input').focus()
      } else if (error.error === 'unauthorized' && !code.hidden) {
        message.textContent = 'The password or the code is not right. A code works once: wait for the next one.'
      } else message.textContent = error.message
    } finally {
      button.textContent = 'Log in'
      button.disabled = false
    }
  }
  return {
    name: 'login',
    element: h(
      'main',
      { class: 'center' },
      h(
        'form',
        { class: 'card login', onsubmit: submit },
        h('div', { class: 'brand' }, icon('unread'), h('h1', {}, 'Mail')),
        user,
        password,
        code,
        message,
        button,
      ),
    ),
    start: () => user.querySelector('input').focus(),
  }
}

/** Somebody else is in the mailbox: who, since when, and what to do about it. */
function lockedView(error) {
  const { holder = {} } = error
  const message = h('p', { class: 'form-error', role: 'alert' })
  const who = PROTOCOLS[holder.protocol] ?? 'somebody else'
  const since = holder.since ? ` since ${shortTime(holder.since)}` : ''
  async function endIt() {
    try {
      await del(`/locks/${encodeURIComponent(holder.id)}`)
      // The mail program hangs up in a moment.
      await boot()
    } catch (problem) {
      message.textContent = problem.message
    }
  }
  return {
    name: 'locked',
    element: h(
      'main',
      { class: 'center' },
      h(
        'section',
        { class: 'card', 'aria-labelledby': 'locked-title' },
        h('div', { class: 'brand' }, icon('lock'), h('h1', { id: 'locked-title' }, 'The mailbox is in use')),
        h(
          'p',
          {},
          `Your mail is open in ${who}${since}${holder.address ? ` (${holder.address})` : ''}. While it is, nobody else can be in, so that no message is lost.`,
        ),
        h(
          'p',
          { class: 'muted' },
          'If that is not you any more, or if it can wait, end that session: it deletes nothing then.',
        ),
        message,
        h(
          'div',
          { class: 'buttons' },
          h(
            'button',
            { type: 'button', onclick: async () => (await del('/session').catch(() => 0), show(loginView())) },
            'Log out',
          ),
          holder.id && h('button', { type: 'button', class: 'danger', onclick: endIt }, 'End that session'),
          h('button', { type: 'button', class: 'primary', onclick: () => void boot() }, 'Try again'),
        ),
      ),
    ),
  }
}

function pausedView() {
  const button = h('button', { type: 'button', class: 'primary', onclick: () => void boot() }, 'Go on')
  return {
    name: 'paused',
    element: h(
      'main',
      { class: 'center' },
      h(
        'section',
        { class: 'card' },
        h('div', { class: 'brand' }, icon('lock'), h('h1', {}, 'Paused')),
        h('p', {}, 'Nobody used this page for a while, so the mailbox was set free for other programs.'),
        button,
      ),
    ),
    start: () => button.focus(),
  }
}

whenRefused((error) => {
  if (error.status === 401 && current?.name !== 'login') {
    show(loginView(session.me && 'You were logged out.'))
    session.me = undefined
    return true
  }
  if (error.status === 423) {
    if (error.error === 'paused') {
      if (current?.name !== 'paused') show(pausedView())
    } else show(lockedView(error))
    return true
  }
  if (error.error === 'totp-required') {
    location.hash = '#/account'
    toast(error.message)
    return true
  }
  return false
})

export function loggedOut() {
  session.me = undefined
  show(loginView())
}

async function route() {
  if (!session.me) return
  const [, page] = location.hash.split('/')
  if (page === 'account') show(await (await import('./account/account.js')).accountView())
  else if (page === 'admin') show(await (await import('./admin/admin.js')).adminView())
  else if (current?.name !== 'mail') show(await (await import('./mail/mail.js')).mailView())
}

let routing = Promise.resolve()
const routeSoon = () => {
  routing = routing.then(route).catch((error) => {
    if (!error.handled) toast(error.message)
  })
}
window.addEventListener('hashchange', routeSoon)

export async function boot() {
  applyTheme()
  try {
    session.me = await get('/session')
    setCsrf(session.me.csrf)
  } catch (error) {
    if (!error.handled)
      show({
        name: 'error',
        element: h(
          'main',
          { class: 'center' },
          h(
            'section',
            { class: 'card' },
            h('p', { role: 'alert' }, error.message),
            h('button', { type: 'button', class: 'primary', onclick: () => void boot() }, 'Try again'),
          ),
        ),
      })
    return
  }
  current?.stop?.()
  current = undefined
  await route().catch((error) => {
    if (!error.handled) toast(error.message)
  })
}

window.addEventListener('unhandledrejection', (event) => {
  if (event.reason?.handled) event.preventDefault()
  else if (event.reason?.status !== undefined) {
    event.preventDefault()
    toast(event.reason.message)
  }
})
// Whoever closes the page needs the mailbox no more: other programs may have it at once.
window.addEventListener('pagehide', () => {
  if (session.me) void call('POST', '/session/release', {}, { keepalive: true }).catch(() => undefined)
})
void boot()
