// @ts-check
/** @import { Mailbox, Quota } from '../base/types' */
import { call } from '../base/api.js'

const ORDER = ['inbox', 'drafts', 'sent', 'archive', 'junk', 'trash']

/** @param {Mailbox} mailbox */
function rankOf({ role }) {
  const rank = ORDER.indexOf(role ?? '')
  return rank < 0 ? ORDER.length : rank
}

/** @param {Mailbox} mailbox */
export const titleOf = ({ role, name }) => (role === 'inbox' ? 'Inbox' : name)

/**
 * The mailboxes of the account, and the one that is open.
 * @param {() => void} changed
 */
export function createMailboxes(changed) {
  /** @type {Mailbox[]} */
  let all = []
  /** @type {Quota | undefined} */
  let quota
  /** @type {Mailbox | undefined} */
  let here

  /** @param {string | undefined} id */
  const byId = (id) => all.find((mailbox) => mailbox.id === id)
  /** @param {string} role */
  const byRole = (role) => all.find((mailbox) => mailbox.role === role)

  async function load(background = false) {
    const answer = await call('GET /mailboxes', {}, undefined, { background })
    all = answer.mailboxes.sort((a, b) => rankOf(a) - rankOf(b) || a.name.localeCompare(b.name))
    quota = answer.quota
    if (here) here = byId(here.id) ?? byRole('inbox')
    changed()
  }

  return {
    byId,
    byRole,
    load,
    get all() {
      return all
    },
    get quota() {
      return quota
    },
    get here() {
      return here
    },
    /** @param {Mailbox | undefined} mailbox */
    enter(mailbox) {
      here = mailbox
      changed()
    },
    /**
     * The mailbox of a role; it is made when there is none.
     * @param {string} role
     * @param {string} name
     */
    async ensure(role, name) {
      const present = byRole(role)
      if (present) return present
      await call('POST /mailboxes', {}, { name })
      await load()
      return all.find((mailbox) => mailbox.name === name)
    },
  }
}
/** @typedef {ReturnType<typeof createMailboxes>} Mailboxes */
