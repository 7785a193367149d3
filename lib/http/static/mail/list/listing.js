// @ts-check
/** @import { Mailbox } from '../../base/types' */
/** @import { Mailboxes } from '../mailboxes.js' */
/** @import { Search } from '../search.js' */
/** @import { List } from './list.js' */
import { call } from '../../base/api.js'
import { toast } from '../../base/dialogs.js'
import { iconButton } from '../../base/icons.js'

/**
 * @typedef {object} Ports
 * @property {Mailboxes} mailboxes
 * @property {Search} search
 * @property {() => List} list
 * @property {(mailbox: Mailbox) => void} onArrival a search looked into another mailbox (`in:`)
 */

/**
 * Which messages the list shows: those of the mailbox or of the search, as conversations or one by one.
 * @param {Ports} ports
 */
export function createListing({ mailboxes, search, list, onArrival }) {
  let threads = localStorage.getItem('threads') !== 'no'
  const threadsButton = iconButton('threads', 'Conversations', turnThreads, { 'aria-pressed': String(threads) })

  async function turnThreads() {
    threads = !threads
    localStorage.setItem('threads', threads ? 'yes' : 'no')
    threadsButton.setAttribute('aria-pressed', String(threads))
    await reset()
  }
  function reset() {
    const empty = mailboxes.here?.role === 'inbox' ? 'No mail. Enjoy the day.' : 'Nothing here.'
    return list().reset(search.query ? 'Nothing found.' : empty)
  }
  async function runSearch() {
    await reset()
    if (search.query && list().total > 0) toast(`${list().total} found`)
  }
  /**
   * @param {number} offset
   * @param {number} limit
   * @param {boolean} background
   */
  async function load(offset, limit, background) {
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
      const mailbox = mailboxes.byId(answer.mailbox)
      if (mailbox && mailbox.id !== mailboxes.here?.id) onArrival(mailbox)
    }
    return answer
  }
  return { threadsButton, load, reset, runSearch }
}
