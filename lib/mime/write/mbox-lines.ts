import { MONTHS, WEEKDAYS } from '../../terms/calendar'

/** What the writers and the readers of mbox files agree on: From_ lines, quoting, and the header fields that belong to the file. */

/** A From_ line is short: an address of RFC 5321 and a date. */
const MOST_OCTETS = 1000

const WEEKDAY = `(?:${WEEKDAYS.join('|')})`
const MONTH = `(?<month>${MONTHS.join('|')})`
const DATE = '(?<day>\\d{1,2})'
const TIME = '(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2}))?'
const YEAR = '(?<year>\\d{4}|\\d{2})'
const zone = (name: string): string =>
  `(?:[ \\t]+(?<${name}>[+-]\\d{2}:?\\d{2}|[A-Za-z][A-Za-z0-9+-]{0,9}(?:[ \\t]+DST)?)(?:[ \\t]+\\([^)]*\\))?)?`
/** UUCP says where it came from. */
const TAIL = '(?:[ \\t]+remote from [^ \\t]+)?[ \\t]*$'

/**
 * RFC 4155 A asks for asctime in UTC, `Thu Jan  1 00:00:00 1970`. Writers leave out the seconds, add a zone before or behind the
 * year, or write the date of RFC 5322.
 */
const FORMS = [
  `${WEEKDAY},?[ \\t]+${MONTH}[ \\t]+${DATE}[ \\t]+${TIME}${zone('before')}[ \\t]+${YEAR}${zone('behind')}${TAIL}`,
  `(?:${WEEKDAY},[ \\t]+)${DATE}[ \\t]+${MONTH}[ \\t]+${YEAR}[ \\t]+${TIME}${zone('behind')}${TAIL}`,
].map((form) => new RegExp(`(?:^|[ \\t])${form}`))

/** Nobody (Eudora, Netscape: `-`), an address, a quoted local part, or `ann at example.org` of list archives. */
const SENDER = /^(?:[^ \t"]*|"(?:[^"\\]|\\.)*"[^ \t]*|[^ \t"]+ at [^ \t"]+)$/

export interface FromLine {
  readonly sender: string
  /** milliseconds since 1970 */
  readonly at: number
}

/** RFC 4155 A: `From `, an address, a date. @returns undefined for a line of text such as `From memory, it is 42.` */
export function parseFromLine(line: string): FromLine | undefined {
  if (!line.startsWith('From ') || line.length > MOST_OCTETS) return undefined
  const text = line.slice(5).replace(/[ \t\r]+$/, '')
  for (const form of FORMS) {
    const found = form.exec(text)
    const at = found?.groups && instant(found.groups)
    if (!found || at === undefined) continue
    const sender = text.slice(0, found.index).trim()
    return SENDER.test(sender) ? { sender, at } : undefined
  }
  return undefined
}

function instant(groups: Readonly<Record<string, string | undefined>>): number | undefined {
  const [day = 0, hour = 0, minute = 0, second = 0, short = 0] = ['day', 'hour', 'minute', 'second', 'year'].map(
    (name) => Number(groups[name] ?? 0),
  )
  // RFC 5322 4.3
  const year = short < 50 ? short + 2000 : short < 100 ? short + 1900 : short
  if (day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return undefined
  const offset = /^([+-])(\d{2}):?(\d{2})$/.exec(groups.behind ?? groups.before ?? '')
  const minutes = offset ? Number(`${offset[1]}1`) * (Number(offset[2]) * 60 + Number(offset[3])) : 0
  return Date.UTC(year, MONTHS.indexOf(groups.month ?? ''), day, hour, minute - minutes, second)
}

/** RFC 4155 A: `Thu Jan  1 00:00:00 1970`, in UTC. */
export function fromLine(sender: string, at: number): string {
  const last = Date.UTC(9999, 11, 31, 23, 59, 59)
  const words = new Date(Math.min(Math.max(at, 0), last)).toUTCString().split(/,? /)
  const [day = '', date = '', month = '', year = '', time = ''] = words
  const name = /^[\x21-\x7e]{1,320}$/.test(sender) && !sender.includes('"') ? sender : 'MAILER-DAEMON'
  return `From ${name} ${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`
}

/** Where its mark stands, or `>` before it, a reader of mboxrd knows a line of a body that begins like a From_ line. */
export const isQuotedInBody = (line: string): boolean => /^>*From /.test(line)
/** In a header only what would be a border is quoted: `From : Ann` is a field (RFC 5322 4.5.2). */
export const isQuotedInHeader = (line: string): boolean =>
  line.length <= MOST_OCTETS && parseFromLine(line.replace(/^>+/, '')) !== undefined

/** Fields that mail programs keep in the header of an mbox; none of them is the message's own. */
const KEPT =
  /^(status|x-status|x-keywords|x-uid|x-uidl|x-imap|x-imapbase|content-length|x-mozilla-status2?|x-mozilla-keys|x-haraka-export):[ \t]*(.*)$/i
/** A field of such a name that the message had itself, in a file of ours; as often as it was written so. */
const OWN = 'X-Haraka-Own-'
const OWNS = new RegExp(`^(?:${OWN})+`)

export interface KeptField {
  readonly name: string
  readonly value: string
}

/** @param line without its end */
export function keptField(line: string): KeptField | undefined {
  const [, name, value = ''] = KEPT.exec(line) ?? []
  return name === undefined ? undefined : { name: name.toLowerCase(), value: value.trim() }
}

const isOwn = (line: string): boolean => KEPT.test(line) || /^[ \t]/.test(line)

/** The line of a message's header as it stands in a file, so that it is not taken for the file's own. `isFirst`: nothing to fold it into. */
export function withOwnMark(line: string, isFirst: boolean): string {
  const plain = line.replace(OWNS, '')
  return KEPT.test(plain) || ((isFirst || plain !== line) && isOwn(plain)) ? OWN + line : line
}

/** What `withOwnMark` wrote, as it was. */
export const withoutOwnMark = (line: string): string =>
  line.startsWith(OWN) && isOwn(line.replace(OWNS, '')) ? line.slice(OWN.length) : line

const LF = 0x0a
const CR = 0x0d
/** What is read of a line to know what it is. */
const MOST_OF_LINE = 64 * 1024

export interface HeaderLine {
  /** with its end */
  readonly octets: Buffer
  /** the beginning, without its end: latin1 */
  readonly text: string
}

/** The lines of a header; where the empty line after it begins. Line ends are LF or CRLF. */
export function headerLines(message: Buffer): { readonly lines: readonly HeaderLine[]; readonly end: number } {
  const lines: HeaderLine[] = []
  let start = 0
  while (start < message.length) {
    const feed = message.indexOf(LF, start)
    const next = feed < 0 ? message.length : feed + 1
    const stop = feed < 0 ? next : message[feed - 1] === CR && feed > start ? feed - 1 : feed
    if (stop === start) break
    lines.push({
      octets: message.subarray(start, next),
      text: message.toString('latin1', start, Math.min(stop, start + MOST_OF_LINE)),
    })
    start = next
  }
  return { lines, end: start }
}
