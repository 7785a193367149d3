// @ts-check
/** @import { Action, Mailbox, Message, Places, Summary } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
/** @import { List } from './list/list.js' */
/** @import { LateReader } from './late-reader.js' */
import { call } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { write } from '../compose/desk.js'
import { uidsOf } from './list/selection.js'
import { pickMailbox } from './mailbox-dialogs.js'
import { titleOf } from './mailboxes.js'

/** Messages of one request. */
const MOST_AT_ONCE = 10_000

/**
 * @typedef {object} Around
 * @property {Mailboxes} mailboxes
 * @property {List} list
 * @property {LateReader} reader
 * @property {() => boolean} isReading
 * @property {() => void} back leaves the message for the list
 * @property {() => Promise<unknown>} refresh
 */

/** @param {Summary | Message} message */
const isUnread = (message) =>
  'conversation' in message && message.conversation
    ? message.conversation.unread > 0
    : !message.flags.includes('\\Seen')

/**
 * What is done with messages, by keys and by buttons.
 * @param {Around} around
 */
export function createActions({ mailboxes, list, reader, isReading, back, refresh }) {
  /** @type {(() => Promise<unknown>) | undefined} */
  let undo

  /**
   * The selected messages, or the one that is read; with a conversation's row all of it.
   * @returns {{ places: Places, messages: (Summary | Message)[], count: number }}
   */
  function targets() {
    const chosen = list.targets()
    const { reading } = reader
    if (!isReading() || !reading || list.selection.size > 0) return chosen
    const { message, mailbox } = reading
    const [row] = chosen.messages
    const isRow = row?.mailbox === mailbox.id && uidsOf(row).includes(message.uid)
    const uids = row && isRow ? [...uidsOf(row)] : [message.uid]
    return { places: [{ mailbox: mailbox.id, uids }], messages: [row && isRow ? row : message], count: 1 }
  }

  /**
   * @param {Places} places
   * @param {Mailbox | undefined} to
   * @param {string} done in words
   */
  async function moveTo(places, to, done) {
    if (!to) return
    /** @type {{ from: string, now: string, uids: number[] }[]} */
    const moves = []
    for (const { mailbox, uids } of places) {
      if (mailbox === to.id) continue
      for (let at = 0; at < uids.length; at += MOST_AT_ONCE) {
        const some = { uids: uids.slice(at, at + MOST_AT_ONCE), to: to.id }
        const moved = await call('POST /mailboxes/{mailbox}/move', { mailbox }, some)
        moves.push({ from: mailbox, now: moved.mailbox, uids: moved.destination })
      }
    }
    if (moves.length === 0) return
    list.clearSelection()
    if (isReading()) back()
    undo = async () => {
      for (const { from, now, uids } of moves) {
        if (uids.length > 0) await call('POST /mailboxes/{mailbox}/move', { mailbox: now }, { uids, to: from })
      }
      toast('Moved back.')
      await refresh()
    }
    const count = moves.reduce((sum, { uids }) => sum + uids.length, 0)
    toast(`${count === 1 ? 'Message' : `${count} messages`} ${done}.`, { label: 'Undo', run: runUndo })
    await refresh()
  }
  async function runUndo() {
    const last = undo
    undo = undefined
    await last?.()
  }

  /**
   * @param {Places} places
   * @param {string} name
   * @param {boolean} on
   */
  async function setFlag(places, name, on) {
    /** @param {boolean} wanted */
    const set = async (wanted) => {
      const change = wanted ? { add: [name] } : { remove: [name] }
      for (const { mailbox, uids } of places) {
        for (let at = 0; at < uids.length; at += MOST_AT_ONCE) {
          const some = uids.slice(at, at + MOST_AT_ONCE)
          await call('POST /mailboxes/{mailbox}/flags', { mailbox }, { uids: some, ...change })
        }
      }
    }
    await set(on)
    undo = async () => {
      await set(!on)
      await refresh()
    }
    await refresh()
  }

  /** @param {Places} places */
  async function deleteForEver(places) {
    const count = places.reduce((sum, { uids }) => sum + uids.length, 0)
    const what = count === 1 ? 'This message goes' : `These ${count} messages go`
    if (!(await confirmBox('Delete', `${what} to Recently deleted, and then away for ever.`, 'Delete'))) return
    for (const { mailbox, uids } of places) {
      for (let at = 0; at < uids.length; at += MOST_AT_ONCE) {
        const some = uids.slice(at, at + MOST_AT_ONCE)
        await call('POST /mailboxes/{mailbox}/expunge', { mailbox }, { uids: some })
      }
    }
    list.clearSelection()
    if (isReading()) back()
    await refresh()
  }
  /**
   * To Trash; what is there already goes for ever.
   * @param {Places} places
   */
  async function remove(places) {
    const trash = await mailboxes.ensure('trash', 'Trash')
    const there = places.filter(({ mailbox }) => mailbox === trash?.id)
    if (there.length > 0) await deleteForEver(there)
    else await moveTo(places, trash, 'deleted')
  }

  /**
   * Read messages become unread, and the other way round.
   * @param {Places} places
   * @param {(Summary | Message)[]} messages
   */
  async function turnSeen(places, messages) {
    const read = !messages.some(isUnread)
    await setFlag(places, '\\Seen', !read)
    if (read && isReading()) back()
  }

  /**
   * @param {Places} places
   * @param {(Summary | Message)[]} messages
   */
  async function turnFlagged(places, messages) {
    const on = !messages.every(({ flags }) => flags.includes('\\Flagged'))
    // Of a conversation: the message of the row is flagged, and none of its messages is any more.
    const newest = new Set(messages.map(({ uid }) => uid))
    const flagged = on && list.selection.size <= messages.length ? within(places, newest) : places
    await setFlag(flagged, '\\Flagged', on)
    reader.flagged(on)
  }

  /** @param {'reply' | 'replyAll' | 'forward' | 'forwardFile'} how */
  async function answer(how) {
    const { reading } = reader
    if (!reading) return list.openActive()
    const { answerTo } = await import('../reader/answer.js')
    return write(answerTo(reading, how))
  }

  /** @param {Action} action */
  async function act(action) {
    const { places, messages, count } = targets()
    if (count === 0) return
    const roles = places.map(({ mailbox }) => mailboxes.byId(mailbox)?.role)
    switch (action) {
      case 'archive':
        return moveTo(places, await mailboxes.ensure('archive', 'Archive'), 'archived')
      case 'junk':
        return roles.every((role) => role === 'junk')
          ? moveTo(places, mailboxes.byRole('inbox'), 'moved to Inbox')
          : moveTo(places, mailboxes.byRole('junk'), 'moved to Junk')
      case 'delete':
        return remove(places)
      case 'seen':
        return turnSeen(places, messages)
      case 'flag':
        return turnFlagged(places, messages)
      case 'move': {
        const to = await pickMailbox(mailboxes)
        return moveTo(places, to, `moved to ${to && titleOf(to)}`)
      }
      default:
        return answer(action)
    }
  }
  return {
    act,
    runUndo,
    /**
     * Rows were dropped on a mailbox.
     * @param {Places} places
     * @param {Mailbox} to
     */
    drop: (places, to) => moveTo(places, to, `moved to ${titleOf(to)}`),
  }
}
/** @typedef {ReturnType<typeof createActions>} Actions */

/**
 * @param {Places} places
 * @param {ReadonlySet<number>} some
 * @returns {Places}
 */
const within = (places, some) =>
  places.map(({ mailbox, uids }) => ({ mailbox, uids: uids.filter((uid) => some.has(uid)) }))
