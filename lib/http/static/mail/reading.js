// @ts-check
/** @import { Summary } from '../base/types' */
/** @import { Mailboxes } from './mailboxes.js' */
/** @import { List } from './list/list.js' */
/** @import { LateReader } from './late-reader.js' */
import { write } from '../compose/desk.js'
import { storedDraft } from '../compose/stored-draft.js'

/**
 * @typedef {object} Ports
 * @property {HTMLElement} shell shows the list or, on a narrow screen, the message
 * @property {Mailboxes} mailboxes
 * @property {() => List} list
 * @property {() => LateReader} reader
 */

/**
 * The message that is open beside the list; the address of the page names it.
 * @param {Ports} ports
 */
export function createReading({ shell, mailboxes, list, reader }) {
  const isReading = () => shell.classList.contains('reading')

  /** @param {Summary} message */
  function showAsSeen({ mailbox, uid, conversation, flags }) {
    if (conversation ? conversation.unread === 0 : flags.includes('\\Seen')) return
    list().patch(mailbox, [uid], (message) => {
      if (!message.flags.includes('\\Seen')) message.flags.push('\\Seen')
      if (message.conversation) message.conversation.unread = 0
    })
  }
  /** @param {Summary} message */
  async function open(message) {
    // Found in all mailboxes, or in the one that is open.
    const here = mailboxes.byId(message.mailbox)
    if (!here) return
    const { uid, conversation } = message
    if (here.role === 'drafts') return write(await storedDraft({ mailbox: here.id, uid }))
    history.pushState(null, '', `#/${here.id}/${uid}`)
    showAsSeen(message)
    shell.classList.add('reading')
    await reader().open(here, uid, conversation?.uids ?? [uid])
  }
  /** @param {number} uid */
  async function openUid(uid) {
    const { here } = mailboxes
    if (!here || reader().message?.uid === uid) return
    await reader().open(here, uid, [uid])
    shell.classList.add('reading')
  }
  /** Nothing is open any more. */
  function close() {
    reader().close()
    shell.classList.remove('reading')
  }
  function leave() {
    close()
    list().element.focus()
  }
  function back() {
    leave()
    if (mailboxes.here) history.replaceState(null, '', `#/${mailboxes.here.id}`)
  }
  return { isReading, open, openUid, close, leave, back }
}
