import { decodePart } from '../../../mime/text/transfer'
import type { Person } from '../person'

/** A line may go on in the next one, after a blank. */
const unfolded = (text: string): string[] => text.replace(/\r?\n[ \t]/g, '').split(/\r?\n/)

/** Commas, semicolons and line ends are escaped. */
const unescaped = (value: string): string =>
  value.replace(/\\(.)/gs, (_all, letter: string) => (letter === 'n' || letter === 'N' ? ' ' : letter)).trim()
const escaped = (value: string): string => value.replace(/[\\,;]/g, '\\$&').replace(/[\r\n]+/g, '\\n')

const quotedPrintable = (value: string): string =>
  decodePart(Buffer.from(value), 'quoted-printable')?.toString() ?? value

/** `item1.EMAIL;TYPE=work:ann@example.net`; vCard 2.1 has quoted-printable values. */
const PROPERTY = /^(?:[\w-]+\.)?([\w-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$/s

/** Names and addresses of cards (vCard 2.1, 3.0 and 4.0); one with several addresses is several people. */
export function readCards(text: string): Person[] {
  const people: Person[] = []
  let name = ''
  let parts = ''
  let addresses: string[] = []
  // Version 2.1 goes on after `=` at the end of a line of quoted-printable.
  for (const line of unfolded(text.replace(/=\r?\n/g, ''))) {
    const [, property = '', parameters = '', raw = ''] = PROPERTY.exec(line) ?? []
    const value = /quoted-printable/i.test(parameters) ? quotedPrintable(raw) : raw
    switch (property.toUpperCase()) {
      case 'BEGIN':
        name = parts = ''
        addresses = []
        break
      case 'FN':
        name = unescaped(value)
        break
      case 'N':
        // Family name; given name; others.
        parts = value
          .split(/(?<!\\);/)
          .slice(0, 2)
          .reverse()
          .map(unescaped)
          .join(' ')
          .trim()
        break
      case 'EMAIL':
        addresses.push(unescaped(value).replace(/^mailto:/i, ''))
        break
      case 'END':
        for (const address of addresses)
          if (isAddress(address)) people.push({ name: (name || parts).slice(0, 200), address })
    }
  }
  return people
}

export const isAddress = (address: string): boolean =>
  address.length <= 320 && /^[^\s@<>,;"]+@[^\s@<>,;"]+$/.test(address)

/** Version 4.0. */
export const writeCards = (people: readonly Person[]): string =>
  people
    .map(
      ({ name, address }) =>
        `BEGIN:VCARD\r\nVERSION:4.0\r\nFN:${escaped(name || address)}\r\nEMAIL:${escaped(address)}\r\nEND:VCARD\r\n`,
    )
    .join('')
