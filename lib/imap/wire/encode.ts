import { MONTHS } from '../../terms/calendar'
import { encodeMailboxName } from '../../terms/modified-utf7'
import { isAtom } from './cursor'

/** quoted of RFC 9051 9, of text that needs no literal. */
export const quoted = (latin1: string): string => `"${latin1.replace(/[\\"]/g, '\\$&')}"`

/** string of RFC 9051 9 over latin1 octets: quoted where that is allowed, else a literal. */
export function string(latin1: string): string {
  if (latin1.length <= 1000 && !/[\0\r\n\x80-\xff]/.test(latin1)) return quoted(latin1)
  const clean = latin1.replaceAll('\0', '')
  return `{${clean.length}}\r\n${clean}`
}

/** string of RFC 9051 9, or literal8 where a NUL is in it (RFC 5464 5, RFC 3516 4.3). */
export const stringOrLiteral8 = (latin1: string): string =>
  latin1.includes('\0') ? `~{${latin1.length}}\r\n${latin1}` : string(latin1)

/** astring of RFC 9051 9 over latin1 octets: an atom where it can be one. */
export const astring = (latin1: string): string => (isAtom(latin1) && !/^nil$/i.test(latin1) ? latin1 : string(latin1))

/** UTF-8 text as latin1 octets for the writer. */
export const octetsOf = (utf8: string): string => Buffer.from(utf8, 'utf8').toString('latin1')

/** A mailbox name for this client: modified UTF-7, or UTF-8 after ENABLE. */
export function mailbox(nameUtf8: string, utf8: boolean): string {
  const name = utf8 ? octetsOf(nameUtf8) : encodeMailboxName(nameUtf8)
  if (/^[A-Za-z0-9_.\-/]+$/.test(name) && !/^nil$/i.test(name)) return name
  // With UTF-8 enabled quoted strings may hold it (RFC 9051 4.3).
  return utf8 && !/[\0\r\n]/.test(name) ? quoted(name) : string(name)
}

const two = (value: number): string => String(value).padStart(2, '0')

/** date-time: `" 1-Nov-2026 02:03:04 +0000"` */
export function dateTime(milliseconds: number): string {
  const d = new Date(milliseconds)
  const day = String(d.getUTCDate()).padStart(2, ' ')
  return `"${day}-${MONTHS[d.getUTCMonth()]}-${d.getUTCFullYear()} ${two(d.getUTCHours())}:${two(d.getUTCMinutes())}:${two(d.getUTCSeconds())} +0000"`
}
