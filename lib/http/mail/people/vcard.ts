import { decodePart } from '../../../mime/text/transfer'
import { turn } from '../../../work/turns'
import type { Person } from '../person'

/** Characters of a line that is looked at: what is longer is a picture or a key. */
const LONGEST = 20_000

/**
 * A line may go on in the next one, after a blank; one of quoted-printable in version 2.1 after `=`, with which lines
 * of base64 end, too.
 */
function* contentLines(text: string): Generator<string> {
  let pieces: string[] = []
  let isQuoted = false
  for (const piece of text.split(/\r?\n/)) {
    const last = pieces.at(-1)
    if (/^[ \t]/.test(piece)) pieces.push(piece.slice(1))
    else if (isQuoted && last?.endsWith('=')) {
      pieces[pieces.length - 1] = last.slice(0, -1)
      pieces.push(piece)
    } else {
      yield pieces.join('')
      pieces = [piece]
      isQuoted = /^[^:]*quoted-printable/i.test(piece)
    }
  }
  yield pieces.join('')
}

/** Commas, semicolons and line ends are escaped. */
const unescaped = (value: string): string =>
  value.replace(/\\(.)/gs, (_all, letter: string) => (letter === 'n' || letter === 'N' ? ' ' : letter)).trim()
const escaped = (value: string): string => value.replace(/[\\,;]/g, '\\$&').replace(/[\r\n]+/g, '\\n')

const quotedPrintable = (value: string): string =>
  decodePart(Buffer.from(value), 'quoted-printable')?.toString() ?? value

/** `item1.EMAIL;TYPE=work:ann@example.net`; vCard 2.1 has quoted-printable values. */
const PROPERTY = /^(?:[\w-]+\.)?([\w-]+)((?:;[^:"]*(?:"[^"]*"[^:"]*)*)?):(.*)$/s

function put(people: Map<string, Person>, name: string, addresses: readonly string[]): void {
  for (const address of addresses)
    if (isAddress(address)) people.set(address.toLowerCase(), { name: name.slice(0, 200), address })
}

/** Names and addresses of cards (vCard 2.1, 3.0 and 4.0); one with several addresses is several people, and nobody is there twice. */
export async function readCards(text: string): Promise<Person[]> {
  const people = new Map<string, Person>()
  let name = ''
  let parts = ''
  let addresses: string[] = []
  for (const line of contentLines(text)) {
    await turn()
    if (line.length > LONGEST) continue
    const [, property = '', parameters = '', raw = ''] = PROPERTY.exec(line) ?? []
    const value = /quoted-printable/i.test(parameters) ? quotedPrintable(raw) : raw
    switch (property.toUpperCase()) {
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
      case 'BEGIN':
      case 'END':
        // Whose they are is known at the end only.
        if (property.toUpperCase() === 'END') put(people, name || parts, addresses)
        name = parts = ''
        addresses = []
    }
  }
  return [...people.values()]
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
