// @ts-check
/** @import { ApiError } from '../base/api.js' */
/** @import { Page, View } from '../base/types' */
import { call, messageOf } from '../base/api.js'
import { button, h } from '../base/dom.js'
import { shortTime } from '../base/format.js'
import { errorLine } from '../base/forms.js'
import { brand } from './card.js'

/** @type {Readonly<Record<string, string>>} */
const PROTOCOLS = {
  pop3: 'a POP3 mail program',
  imap: 'an IMAP mail program',
  webmail: 'webmail',
  admin: 'an administrator',
  api: 'a program',
}

/**
 * Somebody else is in the mailbox: who, since when, and what to do about it.
 * @param {Page} page
 * @param {ApiError} error
 * @returns {View}
 */
export function lockedView(page, { holder }) {
  const message = errorLine()
  const who = PROTOCOLS[holder?.protocol ?? ''] ?? 'somebody else'
  const since = holder?.since ? ` since ${shortTime(holder.since)}` : ''
  const from = holder?.address ? ` (${holder.address})` : ''
  /** @param {string} id */
  async function endSession(id) {
    try {
      await call('DELETE /locks/{id}', { id })
      // The mail program hangs up in a moment.
      await page.boot()
    } catch (problem) {
      message.textContent = messageOf(problem)
    }
  }
  async function logOut() {
    await call('DELETE /session').catch(() => undefined)
    page.showLogin()
  }
  const section = h(
    'section',
    { class: 'card', 'aria-labelledby': 'locked-title' },
    brand('lock', 'The mailbox is in use', 'locked-title'),
    h(
      'p',
      {},
      `Your mail is open in ${who}${since}${from}. While it is, nobody else can be in, so that no message is lost.`,
    ),
    h(
      'p',
      { class: 'muted' },
      'If you no longer need that session, you can end it. Messages it marked for deletion are kept.',
    ),
    message,
    h(
      'div',
      { class: 'buttons' },
      button('Log out', logOut),
      holder?.id && button('End that session', () => endSession(holder.id), 'danger'),
      button('Try again', () => page.boot(), 'primary'),
    ),
  )
  return { name: 'locked', element: h('main', { class: 'center' }, section) }
}
