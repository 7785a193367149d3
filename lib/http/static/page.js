// @ts-check
/** @import { Page, View } from './base/types' */
import { ApiError, call, isHandled, messageOf, setCsrf, whenRefused } from './base/api.js'
import { toast } from './base/dialogs.js'
import { fill } from './base/dom.js'
import { forgetPreferences, loadPreferences } from './base/preferences.js'
import { applyTheme } from './base/theme.js'
import { forgetContacts } from './compose/contacts.js'
import { comeBack, isWriting, stepAside } from './compose/desk.js'

/** Views in which nobody writes. */
const CLOSED = ['login', 'locked', 'paused', 'error']

/**
 * @typedef {object} Views
 * @property {(page: Page, note?: string, user?: string) => View} login
 * @property {(page: Page, error: ApiError) => View} locked somebody else is in the mailbox
 * @property {(page: Page) => View} paused nobody used the page for a while
 * @property {(page: Page, why: string) => View} failed
 * @property {(page: Page) => Promise<View>} mail
 * @property {(page: Page) => Promise<View>} account
 * @property {(page: Page) => Promise<View>} bin what was removed
 * @property {(page: Page) => Promise<View>} contacts
 * @property {(page: Page) => Promise<View>} rules filters, out of office
 * @property {(page: Page) => Promise<View>} admin
 */

/**
 * What is shown, and when: by who is logged in, by the address, and by what the API refuses.
 * @param {Views} views
 */
export function createPage(views) {
  const root = document.getElementById('app') ?? document.body
  /** @type {View | undefined} what is shown now; asked to stop before something else is */
  let current

  /** @type {Page} */
  const page = {
    session: { me: undefined },
    boot,
    showLogin(note, user) {
      forgetPreferences()
      forgetContacts()
      page.session.me = undefined
      show(views.login(page, note, user))
    },
  }

  /** Nobody writes here. */
  const isClosed = () => current === undefined || CLOSED.includes(current.name)

  /** @param {View} view */
  function show(view) {
    current?.stop?.()
    current = view
    if (isClosed()) stepAside()
    fill(root, view.element)
    view.start?.()
  }

  async function boot() {
    applyTheme()
    try {
      page.session.me = await call('GET /session')
      setCsrf(page.session.me.csrf)
    } catch (error) {
      // Nobody is logged in, and the login is there already: the mailbox was lost because of a log-out.
      const told = isHandled(error) || (error instanceof ApiError && error.status === 401)
      if (!told) show(views.failed(page, messageOf(error)))
      return
    }
    current?.stop?.()
    current = undefined
    await route().catch(tell)
    if (page.session.me && !isClosed()) await comeBack(page.session.me).catch(tell)
  }

  /** The address names a page: `#/account`, `#/bin`, `#/admin/TAB`, `#/MAILBOX/UID`. */
  async function route() {
    if (!page.session.me) return
    // Times are shown as the person wants them; without an answer as usual.
    const preferences = loadPreferences().catch(() => undefined)
    const [, name] = location.hash.split('/')
    if (name === 'account') show(await views.account(page))
    else if (name === 'bin') show(await views.bin(page))
    else if (name === 'contacts') show(await views.contacts(page))
    else if (name === 'rules') show(await views.rules(page))
    else if (name === 'admin') show(await views.admin(page))
    else if (current?.name !== 'mail') show((await Promise.all([views.mail(page), preferences]))[0])
  }

  /** @param {unknown} error */
  function tell(error) {
    if (!isHandled(error)) toast(messageOf(error))
  }

  /** @param {ApiError} error */
  function handle(error) {
    if (error.status === 401 && current?.name !== 'login') {
      const { me } = page.session
      const kept = isWriting() ? 'your text is kept' : ''
      if (me) page.showLogin(kept ? `Your session ended; ${kept}.` : 'Your session ended.', me.account)
      else page.showLogin(kept && 'Log in to go on: your text is kept.')
      return true
    }
    if (error.status === 423) {
      if (error.error !== 'paused') show(views.locked(page, error))
      else if (current?.name !== 'paused') show(views.paused(page))
      return true
    }
    if (error.error === 'totp-required') {
      location.hash = '#/account'
      toast(error.message)
      return true
    }
    return false
  }

  whenRefused(handle)
  let routing = Promise.resolve()
  window.addEventListener('hashchange', () => {
    routing = routing.then(route).catch(tell)
  })
  window.addEventListener('unhandledrejection', (event) => {
    const { reason } = event
    if (!(reason instanceof ApiError)) return
    event.preventDefault()
    tell(reason)
  })
  // Whoever closes the page needs the mailbox no more: other programs may have it at once.
  window.addEventListener('pagehide', () => {
    if (page.session.me) void call('POST /session/release', {}, {}, { keepalive: true }).catch(() => undefined)
  })
  return page
}
