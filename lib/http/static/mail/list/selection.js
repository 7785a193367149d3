// @ts-check
/** @import { Places, Summary } from '../../base/types' */

/**
 * UIDs of the row: of a conversation all of it.
 * @param {Summary} message
 */
export const uidsOf = ({ uid, conversation }) => conversation?.uids ?? [uid]

/**
 * The rows that are selected, and messages that were never fetched.
 * @param {() => void} changed
 */
export function createSelection(changed) {
  /** @type {Map<string, { mailbox: string, uids: readonly number[] }>} by the newest message of the row */
  const chosen = new Map()

  /** @param {{ mailbox: string, uid: number }} message */
  const keyOf = ({ mailbox, uid }) => `${mailbox} ${uid}`
  /** @param {Summary} message */
  const put = (message) => chosen.set(keyOf(message), { mailbox: message.mailbox, uids: uidsOf(message) })

  return {
    get size() {
      return chosen.size
    },
    /** @param {Summary} message */
    has: (message) => chosen.has(keyOf(message)),
    /** @param {Summary} message */
    toggle(message) {
      if (!chosen.delete(keyOf(message))) put(message)
      changed()
    },
    /** @param {readonly Summary[]} messages beside those that are selected */
    add(messages) {
      for (const message of messages) put(message)
      changed()
    },
    /**
     * @param {string} mailbox
     * @param {readonly number[]} uids in place of what is selected
     */
    setUids(mailbox, uids) {
      chosen.clear()
      for (const uid of uids) chosen.set(keyOf({ mailbox, uid }), { mailbox, uids: [uid] })
      changed()
    },
    /**
     * Those that are there no more are selected no more.
     * @param {readonly Summary[]} all that the list has
     */
    keep(all) {
      const there = new Set(all.map(keyOf))
      for (const key of chosen.keys()) if (!there.has(key)) chosen.delete(key)
      for (const message of all) if (chosen.has(keyOf(message))) put(message)
    },
    clear() {
      chosen.clear()
      changed()
    },
    /** @returns {Places} */
    places: () => placesOf([...chosen.values()]),
  }
}

/**
 * @param {readonly { mailbox: string, uids: readonly number[] }[]} rows
 * @returns {Places} by mailbox
 */
export function placesOf(rows) {
  /** @type {Map<string, Set<number>>} */
  const byMailbox = new Map()
  for (const { mailbox, uids } of rows) {
    const together = byMailbox.get(mailbox) ?? new Set()
    for (const uid of uids) together.add(uid)
    byMailbox.set(mailbox, together)
  }
  return [...byMailbox].map(([mailbox, uids]) => ({ mailbox, uids: [...uids] }))
}
