import { DAY, MONTHS } from '../../terms/calendar'
import { outsideComments } from './comments'

const MONTH_WORDS = MONTHS.map((month) => month.toLowerCase())
/** RFC 5322 4.3: the zones with names; others count as +0000. */
const ZONES: Readonly<Record<string, number>> = {
  edt: -240,
  est: -300,
  cdt: -300,
  cst: -360,
  mdt: -360,
  mst: -420,
  pdt: -420,
  pst: -480,
}
const DATE =
  /(?<day>\d{1,2})[\s-]+(?<month>[A-Za-z]{3})[a-z]*[\s-]+(?<years>\d{2,4})(?:\s+(?<hour>\d{1,2})\s*[:.]\s*(?<minute>\d{2})(?:\s*[:.]\s*(?<second>\d{2})(?:\.\d+)?)?)?\s*(?<zone>[+-]\d{4}|[A-Za-z]{1,5})?/
const ASCTIME =
  /(?<month>[A-Za-z]{3})\s+(?<day>\d{1,2})\s+(?<hour>\d{1,2}):(?<minute>\d{2}):(?<second>\d{2})\s+(?<zone>[+-]\d{4}|[A-Za-z]{1,5})?\s*(?<years>\d{4})/

export interface MailDate {
  /** milliseconds since 1970 */
  readonly at: number
  /** calendar day in the date's own zone, as days since 1970 */
  readonly day: number
  /** minutes east of UTC */
  readonly zone: number
}

function year(text: string): number {
  const value = Number(text)
  // RFC 5322 4.3: two digits are 1950 to 2049, three digits count from 1900.
  if (text.length === 2) return value < 50 ? 2000 + value : 1900 + value
  return text.length === 3 ? 1900 + value : value
}

/** RFC 5256 2.2: an invalid zone counts as UTC. */
function zoneMinutes(zone: string): number {
  const numbers = /^([+-])(\d{2})(\d{2})$/.exec(zone)
  if (!numbers) return ZONES[zone.toLowerCase()] ?? 0
  const hours = Number(numbers[2])
  const minutes = Number(numbers[3])
  return hours > 24 || minutes > 59 ? 0 : (numbers[1] === '-' ? -1 : 1) * (hours * 60 + minutes)
}

/** RFC 5256 2.2: an invalid time counts as 00:00:00. Seconds go to 60 (RFC 5322 3.3). */
function secondsOf(hour: number, minute: number, second: number): number {
  return hour > 23 || minute > 59 || second > 60 ? 0 : (hour * 60 + minute) * 60 + second
}

/** RFC 5322 4.3: comments and blanks may stand between all parts of an obsolete date, and comments may hold dates. */
const withoutComments = (text: string): string => (text.includes('(') ? outsideComments(text) : text)

/** Octets of a date that are looked at. */
const LIMIT = 500

/** Date: header (RFC 5322 3.3, the obsolete forms, and C's asctime); undefined when it cannot be read. */
export function parseDate(field: string): MailDate | undefined {
  const text = withoutComments(field.slice(0, LIMIT))
  const match = DATE.exec(text)?.groups ?? ASCTIME.exec(text)?.groups
  if (!match) return undefined
  const { day = '', month = '', years = '', hour = '0', minute = '0', second = '0', zone = '' } = match
  const index = MONTH_WORDS.indexOf(month.toLowerCase())
  const dayOfMonth = Number(day)
  if (index < 0 || dayOfMonth < 1) return undefined
  const date = new Date(0)
  const midnight = date.setUTCFullYear(year(years), index, dayOfMonth)
  // RFC 5322 3.3: no more days than the month has.
  if (date.getUTCMonth() !== index) return undefined
  const east = zoneMinutes(zone)
  const at = midnight + secondsOf(Number(hour), Number(minute), Number(second)) * 1000 - east * 60_000
  return Number.isFinite(at) ? { at, day: Math.floor(midnight / DAY), zone: east } : undefined
}
