// @ts-check
/** @import { Composer, DraftStart, Me } from '../base/types' */
import { toast } from '../base/dialogs.js'
import { loadPreferences } from '../base/preferences.js'
import { loadContacts } from './contacts.js'
import { claimKept, hasKept } from './kept.js'

/**
 * The one window that is written in. It steps aside where nobody is logged in, or the mailbox is somebody else's for now, and comes
 * back with all that it had; a text that was kept by a page that is gone comes back too.
 */

/** @type {Composer | undefined} */
let open
/** @type {Set<Composer>} sent in a moment, unless somebody undoes it */
const leaving = new Set()
/** Whose text it is: '' while nobody is logged in. */
let writer = ''
let away = true

/** Not with the page: the list comes first. */
const load = () => import('./compose.js')

const desk = {
  /** @param {Composer} composer */
  put(composer) {
    leaving.delete(composer)
    if (open && open !== composer) void open.close()
    open = composer
    if (!away) composer.show()
  },
  /**
   * It is sent in a moment.
   * @param {Composer} composer
   */
  send(composer) {
    desk.leave(composer)
    leaving.add(composer)
  },
  /**
   * It is done with.
   * @param {Composer} composer
   */
  leave(composer) {
    leaving.delete(composer)
    if (open === composer) open = undefined
  },
  isAway: () => away,
  get writer() {
    return writer
  },
}
/** @typedef {typeof desk} Desk */

/** @param {DraftStart} start */
export async function write(start) {
  const [{ openComposer }] = await Promise.all([load(), loadPreferences().catch(() => undefined)])
  // One at a time: what was written before goes to Drafts.
  if (!open || (await open.close())) openComposer(start, desk)
}

/** Whether there is a text that somebody who logs in can go on with. */
export const isWriting = () => open !== undefined || hasKept()

export function stepAside() {
  away = true
  open?.hide()
}

/** @param {Me} me */
export async function comeBack({ account, entered }) {
  const before = writer
  writer = entered ?? account
  away = false
  if (open && before === writer) {
    open.show()
    open.goOn()
    return
  }
  // Of somebody else: it stays in this browser until they log in.
  open?.leaveKept()
  await Promise.all([loadPreferences(), loadContacts()]).catch(() => undefined)
  const { openComposer } = await load()
  const kept = await claimKept(writer)
  if (kept && !open) openComposer({ id: kept.id, ...kept.draft }, desk, kept)
}

/**
 * Before somebody logs out: what can be saved or sent is, and nothing stays in this browser.
 * @returns {Promise<boolean>} false: there is a text still, and it says why
 */
export async function putAway() {
  for (const composer of leaving) await composer.sendNow()
  if (!open) return true
  const closed = await open.close()
  if (!closed) toast('The draft is not saved yet.')
  return closed
}
