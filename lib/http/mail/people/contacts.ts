import { flag, list, type Of, object, text, whole } from '../../../web/kernel/schema'
import type { Person } from '../person'
import { storedDocument } from './stored'

/** The address book: those whom a user wrote to, and those who were put there. */

export const contact = object({
  name: text(200),
  address: text(320),
  /** milliseconds since 1970 of the last message to them; 0: none */
  at: whole(),
  /** nobody put it there: it goes when there is no room */
  collected: flag(),
})
export type Contact = Of<typeof contact>
export const MOST_CONTACTS = 2000

export const storedContacts = storedDocument('contacts', list(contact, MOST_CONTACTS), [])

const keyOf = ({ address }: Pick<Contact, 'address'>): string => address.toLowerCase()

/** Those that were put there, and of the others the last that were written to. */
const room = (contacts: Iterable<Contact>): Contact[] =>
  [...contacts].sort((a, b) => Number(a.collected) - Number(b.collected) || b.at - a.at).slice(0, MOST_CONTACTS)

/** After a message to these people. */
export function written(contacts: readonly Contact[], people: readonly Person[], at: number): Contact[] {
  const all = new Map(contacts.map((known) => [keyOf(known), known]))
  for (const { name, address } of people) {
    const known = all.get(address.toLowerCase())
    all.set(address.toLowerCase(), {
      name: (known && !known.collected ? known.name : name || known?.name || '').slice(0, 200),
      address: known?.address ?? address.slice(0, 320),
      at,
      collected: known?.collected ?? true,
    })
  }
  return room(all.values())
}

/** Somebody put these there. @returns undefined: there are too many */
export function added(contacts: readonly Contact[], people: readonly Person[]): Contact[] | undefined {
  const all = new Map(contacts.map((known) => [keyOf(known), known]))
  for (const { name, address } of people) {
    const known = all.get(address.toLowerCase())
    all.set(address.toLowerCase(), { name: name || known?.name || '', address, at: known?.at ?? 0, collected: false })
  }
  const put = [...all.values()].filter(({ collected }) => !collected)
  return put.length > MOST_CONTACTS ? undefined : room(all.values())
}

export const without = (contacts: readonly Contact[], addresses: readonly string[]): Contact[] => {
  const gone = new Set(addresses.map((address) => address.toLowerCase()))
  return contacts.filter((known) => !gone.has(keyOf(known)))
}
