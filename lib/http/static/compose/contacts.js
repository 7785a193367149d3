// @ts-check
/** @import { Contact } from '../base/types' */
import { call } from '../base/api.js'

/** People that are offered while one types. */
const MOST_OFFERED = 8

/** @type {readonly Contact[]} the last that were written to first */
let contacts = []

/** They are few enough to be had at once: they are there without a connection too. */
export async function loadContacts() {
  const answer = await call('GET /contacts')
  contacts = answer.contacts.toSorted((a, b) => b.at - a.at || a.name.localeCompare(b.name))
}
export function forgetContacts() {
  contacts = []
}

/**
 * Those of whom a word of the name, or the address, begins so.
 * @param {string} typed
 * @param {ReadonlySet<string>} without addresses in lower case
 */
export function offered(typed, without) {
  const sought = typed.trim().toLowerCase()
  if (sought === '') return []
  /** @param {Contact} contact */
  const fits = ({ name, address }) =>
    address.toLowerCase().startsWith(sought) ||
    name.toLowerCase().startsWith(sought) ||
    name
      .toLowerCase()
      .split(/[\s,.-]+/)
      .some((word) => word.startsWith(sought)) ||
    address
      .toLowerCase()
      .split(/[@.+_-]/)
      .some((word) => word.startsWith(sought))
  return contacts
    .filter((contact) => !without.has(contact.address.toLowerCase()) && fits(contact))
    .slice(0, MOST_OFFERED)
}
