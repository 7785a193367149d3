// @ts-check
/** @import { Answer, Page } from '../base/types' */
import { call } from '../base/api.js'
import { button, fill, h } from '../base/dom.js'
import { exactTime, programName, shortTime } from '../base/format.js'

/** @typedef {Answer<'GET /locks/refusals'>['refusals'][number]} Refusal */

/** @type {Readonly<Record<string, string>>} */
const HOLDERS = {
  pop3: 'another POP3 program',
  imap: 'an IMAP program',
  webmail: 'webmail',
  admin: 'an administrator',
  api: 'a program with an API token',
}
/** What was read already, until more comes. */
const READ = 'mailbox-refusals-read'

/**
 * What the user should know and can do something about, above the list of messages.
 * @param {Page} page
 */
export function noticesOf(page) {
  const { me } = page.session
  const box = h('div', {})
  if (!me || me.entered) return box
  void call('GET /locks/refusals', undefined, undefined, { background: true }).then(
    ({ refusals }) => fill(box, passwordNotice(me.knownPassword), refusalNotice(refusals)),
    () => fill(box, passwordNotice(me.knownPassword)),
  )
  return box
}

/** @param {boolean} isKnown attackers try it first */
const passwordNotice = (isKnown) =>
  isKnown &&
  h(
    'p',
    { class: 'banner warn' },
    'Your password is in a list of stolen and common passwords. ',
    h('a', { href: '#/account' }, 'Change it'),
  )

/**
 * An old program says no more than that it failed.
 * @param {readonly Refusal[]} refusals the newest first
 */
function refusalNotice(refusals) {
  const [last] = refusals
  if (!last || Number(localStorage.getItem(READ) ?? 0) >= last.at) return undefined
  const element = h(
    'p',
    { class: 'banner warn' },
    h('span', { title: exactTime(last.at) }, textOf(last)),
    button('Got it', () => {
      localStorage.setItem(READ, String(last.at))
      element.remove()
    }),
  )
  return element
}

/** @param {Refusal} refusal */
function textOf({ protocol, address, count, at, by }) {
  const times = count === 1 ? 'once' : `${count} times`
  const client = by.client ? ` (${programName(by.client)})` : ''
  const holder = `${HOLDERS[by.protocol] ?? 'another program'}${client} from ${by.address}`
  return `Your ${protocol.toUpperCase()} program at ${address} was refused ${times} today, last at ${shortTime(at)}, because ${holder} was in the mailbox. POP3 needs it alone: close the other program, or ask your administrator to let both in.`
}
