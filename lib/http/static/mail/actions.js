// @ts-check
/** @import { Action, Mailbox, Message, Summary } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
/** @import { List } from './list/list.js' */
/** @import { Reader } from '../reader/reader.js' */
import { call } from '../base/api.js'
import { confirmBox, toast } from '../base/dialogs.js'
import { write } from '../compose/desk.js'
import { answerTo } from '../reader/answer.js'
import { pickMailbox } from './mailbox-dialogs.js'

/**
 * @typedef {object} Around
 * @property {Mailboxes} mailboxes
 * @property {List} list
 * @property {Reader} reader
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
   * @returns {{ uids: number[], messages: (Summary | Message)[] }}
   */
  function targets() {
    const chosen = list.targets()
    const { message } = reader
    if (!isReading() || !message || chosen.messages.length > 1) return chosen
    const [row] = chosen.messages
    if (!row) return { uids: [message.uid], messages: [message] }
    const { conversation } = row
    const isRow = row.uid === message.uid || conversation?.uids.includes(message.uid)
    return { uids: isRow && conversation ? conversation.uids : [message.uid], messages: [row] }
  }

  /**
   * @param {Mailbox} here
   * @param {number[]} uids
   * @param {Mailbox | undefined} to
   * @param {string} done in words
   */
  async function moveTo(here, uids, to, done) {
    if (!to || uids.length === 0 || to.id === here.id) return
    const moved = await call('POST /mailboxes/{mailbox}/move', { mailbox: here.id }, { uids, to: to.id })
    list.clearSelection()
    if (isReading()) back()
    undo = async () => {
      const where = { mailbox: moved.mailbox }
      await call('POST /mailboxes/{mailbox}/move', where, { uids: moved.destination, to: here.id })
      toast('Moved back.')
      await refresh()
    }
    const count = moved.source.length
    toast(`${count === 1 ? 'Message' : `${count} messages`} ${done}.`, { label: 'Undo', run: runUndo })
    await refresh()
  }
  async function runUndo() {
    const last = undo
    undo = undefined
    await last?.()
  }

  /**
   * @param {Mailbox} here
   * @param {number[]} uids
   * @param {string} name
   * @param {boolean} on
   */
  async function setFlag(here, uids, name, on) {
    /** @param {boolean} wanted */
    const set = (wanted) => {
      const change = wanted ? { add: [name] } : { remove: [name] }
      return call('POST /mailboxes/{mailbox}/flags', { mailbox: here.id }, { uids, ...change })
    }
    await set(on)
    undo = async () => {
      await set(!on)
      await refresh()
    }
    await refresh()
  }

  /**
   * @param {Mailbox} here
   * @param {number[]} uids
   */
  async function deleteForEver(here, uids) {
    const what = uids.length === 1 ? 'This message goes' : `These ${uids.length} messages go`
    if (!(await confirmBox('Delete', `${what} to Recently deleted, and then away for ever.`, 'Delete'))) return
    await call('POST /mailboxes/{mailbox}/expunge', { mailbox: here.id }, { uids })
    if (isReading()) back()
    await refresh()
  }

  /**
   * Read messages become unread, and the other way round.
   * @param {Mailbox} here
   * @param {number[]} uids
   * @param {(Summary | Message)[]} messages
   */
  async function turnSeen(here, uids, messages) {
    const read = !messages.some(isUnread)
    await setFlag(here, uids, '\\Seen', !read)
    if (read && isReading()) back()
  }

  /**
   * @param {Mailbox} here
   * @param {number[]} uids
   * @param {(Summary | Message)[]} messages
   */
  async function turnFlagged(here, uids, messages) {
    const on = !messages.every(({ flags }) => flags.includes('\\Flagged'))
    // Of a conversation: the message of the row is flagged, and none of its messages is any more.
    await setFlag(here, on ? messages.map(({ uid }) => uid) : uids, '\\Flagged', on)
    reader.flagged(on)
  }

  /** @param {Action} action */
  async function act(action) {
    const { here } = mailboxes
    const { uids, messages } = targets()
    if (!here || uids.length === 0) return
    switch (action) {
      case 'archive':
        return moveTo(here, uids, await mailboxes.ensure('archive', 'Archive'), 'archived')
      case 'junk':
        return here.role === 'junk'
          ? moveTo(here, uids, mailboxes.byRole('inbox'), 'moved to Inbox')
          : moveTo(here, uids, mailboxes.byRole('junk'), 'moved to Junk')
      case 'delete':
        if (here.role === 'trash') return deleteForEver(here, uids)
        return moveTo(here, uids, await mailboxes.ensure('trash', 'Trash'), 'deleted')
      case 'seen':
        return turnSeen(here, uids, messages)
      case 'flag':
        return turnFlagged(here, uids, messages)
      case 'move': {
        const to = await pickMailbox(mailboxes)
        return moveTo(here, uids, to, `moved to ${to?.name}`)
      }
      default:
        if (reader.reading) await write(answerTo(reader.reading, action))
        else list.openActive()
    }
  }
  return { act, runUndo }
}
/** @typedef {ReturnType<typeof createActions>} Actions */
