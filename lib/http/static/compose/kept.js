// @ts-check
/** @import { KeptDraft } from '../base/types' */

/**
 * What is being written, in this browser, until the server has it: a page that crashes or is closed takes nothing with it. By account,
 * so that nobody is shown what another wrote; files are not kept.
 */

const PREFIX = 'writing '
/** Of each account; the oldest go. */
const MOST = 5
/** Characters of one, and milliseconds for which it stays. */
const MOST_CHARACTERS = 600_000
const LONGEST = 30 * 86_400_000

/** @param {Pick<KeptDraft, 'account' | 'id'>} which */
const nameOf = ({ account, id }) => `${PREFIX}${account} ${id}`

const names = () => Object.keys(localStorage).filter((name) => name.startsWith(PREFIX))

export const hasKept = () => names().length > 0

/** @param {string} name */
function read(name) {
  try {
    /** @type {KeptDraft} */
    const kept = JSON.parse(localStorage.getItem(name) ?? '')
    return kept
  } catch {
    return undefined
  }
}

/**
 * @param {string} account
 * @returns {KeptDraft[]} the newest first
 */
function keptOf(account) {
  const all = names().flatMap((name) => read(name) ?? [])
  return all.filter((kept) => kept.account === account).sort((a, b) => b.at - a.at)
}

/**
 * @param {KeptDraft} kept
 * @returns {boolean} whether it is there now
 */
export function keep(kept) {
  const text = JSON.stringify(kept)
  if (text.length > MOST_CHARACTERS) return false
  try {
    localStorage.setItem(nameOf(kept), text)
    for (const old of keptOf(kept.account).slice(MOST)) forget(old)
    return true
  } catch {
    // The browser has no room, or keeps nothing in this window.
    return false
  }
}

/** @param {Pick<KeptDraft, 'account' | 'id'>} which */
export const forget = (which) => localStorage.removeItem(nameOf(which))

/** @type {Map<string, () => void>} what ends the hold of this tab */
const held = new Map()

/**
 * No other tab takes it while this one is there: a lock ends with its page, however that ends. Without locks (a page that came
 * without TLS) everything may be taken.
 * @param {Pick<KeptDraft, 'account' | 'id'>} which
 * @returns {Promise<boolean>}
 */
export function hold(which) {
  const name = nameOf(which)
  if (!navigator.locks) return Promise.resolve(true)
  return new Promise((resolve) => {
    void navigator.locks.request(name, { ifAvailable: true }, (lock) => {
      resolve(lock !== null)
      return lock && new Promise((release) => held.set(name, () => release(undefined)))
    })
  })
}
/** @param {Pick<KeptDraft, 'account' | 'id'>} which */
export function release(which) {
  const name = nameOf(which)
  held.get(name)?.()
  held.delete(name)
}

/**
 * The newest that no other tab is writing.
 * @param {string} account
 */
export async function claimKept(account) {
  for (const kept of keptOf(account)) {
    if (!(await hold(kept))) continue
    if (Date.now() - kept.at < LONGEST) return kept
    forget(kept)
    release(kept)
  }
  return undefined
}
