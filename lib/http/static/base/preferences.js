// @ts-check
/** @import { Identity, Preferences } from './types' */
import { call } from './api.js'
import { showClock } from './format.js'

/** What the user has set of webmail, asked for once. */

/** @type {Preferences} */
const USUAL = { identities: [], undo: 5, rich: false, receipts: 'ask' }

let preferences = USUAL
/** @type {readonly string[]} */
let addresses = []

/** @type {Promise<void> | undefined} */
let loading

export function loadPreferences() {
  loading ??= ask().catch((error) => {
    loading = undefined
    throw error
  })
  return loading
}
async function ask() {
  const answer = await call('GET /preferences')
  set(answer.preferences)
  addresses = answer.addresses
}
/** Nobody is logged in. */
export function forgetPreferences() {
  loading = undefined
  preferences = USUAL
  addresses = []
  showClock(undefined)
}
export const chosen = () => preferences
/** The account's name, and its aliases. */
export const ownAddresses = () => addresses

/**
 * Beside what another window has set since, or what could not be had when this page began.
 * @param {Partial<Preferences>} change
 */
export function choose(change) {
  const before = preferences
  // What is shown next shows it, however slow the line is.
  set({ ...preferences, ...change })
  const done = choosing.then(async () => {
    const { preferences: now } = await call('GET /preferences')
    const next = { ...now, ...change }
    await call('PUT /preferences', {}, next)
    set(next)
  })
  // One after another: of two at once each would take back the other's.
  choosing = done.catch(() => set(before))
  return done
}
let choosing = Promise.resolve()

/** @param {Preferences} next */
function set(next) {
  preferences = next
  showClock(next.clock)
}

/** Whom messages are from: the first is usual. */
/** @returns {readonly Identity[]} */
export function identities() {
  if (preferences.identities.length > 0) return preferences.identities
  const [address = ''] = addresses
  return [{ name: '', address, signature: '' }]
}

/** @param {string} address */
export const isOwn = (address) => {
  const sought = address.toLowerCase()
  return addresses.includes(sought) || preferences.identities.some((own) => own.address.toLowerCase() === sought)
}
