// @ts-check
/** @import { Mailbox, MessagePage, Summary } from '../../base/types' */
/** @import { Mailboxes } from '../mailboxes.js' */
/** @import { Search } from '../search.js' */
/** @import { List } from './list.js' */
/** @import { ListBar } from './list-bar.js' */
import { call } from '../../base/api.js'
import { iconButton } from '../../base/icons.js'
import { titleOf } from '../mailboxes.js'
import { chosenOrder } from './look.js'

/**
 * @typedef {object} Ports
 * @property {Mailboxes} mailboxes
 * @property {Search} search
 * @property {() => List} list
 * @property {() => ListBar} bar
 * @property {(mailbox: Mailbox) => void} onArrival a search looked into another mailbox (`in:`)
 */

/** @type {Readonly<Record<string, string>>} */
const FILTERS = { unread: 'is:unread', flagged: 'is:flagged' }

/**
 * Which messages the list shows: those of the mailbox or of the search, as conversations or one by one.
 * @param {Ports} ports
 */
export function createListing({ mailboxes, search, list, bar, onArrival }) {
  let threads = localStorage.getItem('threads') !== 'no'
  const threadsButton = iconButton('threads', 'Conversations', turnThreads, { 'aria-pressed': String(threads) })

  async function turnThreads() {
    threads = !threads
    localStorage.setItem('threads', threads ? 'yes' : 'no')
    threadsButton.setAttribute('aria-pressed', String(threads))
    await reset()
  }
  /** What is searched for, with the filter. */
  const query = () => [search.query, FILTERS[bar().filter]].filter(Boolean).join(' ')
  const isEverywhere = () => search.query !== '' && search.everywhere

  function reset() {
    return list().reset(emptyText())
  }
  function emptyText() {
    if (search.query) return 'Nothing found.'
    if (bar().filter) return `Nothing ${bar().filter}.`
    return mailboxes.here?.role === 'inbox' ? 'No mail. Enjoy the day.' : 'Nothing here.'
  }
  /**
   * How many there are, in words.
   * @param {number | undefined} total
   */
  function countText(total) {
    if (total === undefined) return ''
    if (search.query) return `${total} found${isEverywhere() ? ' in all mailboxes' : ''}`
    if (bar().filter) return `${total} ${bar().filter}`
    const what = threads ? 'conversation' : 'message'
    return `${total} ${what}${total === 1 ? '' : 's'}`
  }
  /**
   * @param {number} offset
   * @param {number} limit
   * @param {boolean} background
   * @returns {Promise<MessagePage>}
   */
  async function load(offset, limit, background) {
    const asked = query()
    if (isEverywhere()) {
      const answer = await call('GET /messages', { offset, limit, query: asked }, undefined, { background })
      if (asked === query()) search.note(answer.notes)
      return { ...answer, mailbox: '', modSeq: 0 }
    }
    const where = {
      mailbox: mailboxes.here?.id ?? '',
      offset,
      limit,
      by: threads ? /** @type {const} */ ('conversation') : /** @type {const} */ ('message'),
      order: chosenOrder(),
      query: asked || undefined,
    }
    const answer = await call('GET /mailboxes/{mailbox}/messages', where, undefined, { background })
    if (asked === query()) {
      search.note(answer.notes)
      const mailbox = mailboxes.byId(answer.mailbox)
      if (mailbox && mailbox.id !== mailboxes.here?.id) onArrival(mailbox)
    }
    return answer
  }
  /** Also those that were never fetched. */
  async function selectAll() {
    const { here } = mailboxes
    if (!here || isEverywhere()) return list().selectLoaded()
    const { mailbox, uids } = await call('GET /mailboxes/{mailbox}/uids', {
      mailbox: here.id,
      query: query() || undefined,
    })
    list().selection.setUids(mailbox, uids)
  }
  /** @param {Summary} message */
  const whereOf = ({ mailbox }) => {
    const found = isEverywhere() ? mailboxes.byId(mailbox) : undefined
    return found ? titleOf(found) : ''
  }
  return { threadsButton, load, reset, runSearch: reset, countText, selectAll, whereOf }
}
