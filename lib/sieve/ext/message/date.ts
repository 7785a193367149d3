import { parseDate } from '../../../mime/read/date'
import { dateTime, zoneText } from '../../../mime/write/date'
import { DAY } from '../../../terms/calendar'
import type { Arguments, Check, Extension, Run, Tags, TestDefinition, TestNode } from '../../extension'
import { textOf, type Value } from '../../values'

/** A moment as a clock of some zone shows it. */
interface Moment {
  /** milliseconds since 1970 */
  readonly at: number
  /** minutes east of UTC */
  readonly zone: number
}

/** RFC 5260 A: the Modified Julian Day of 1 January 1970 */
const JULIAN_1970 = 40_587

const digits = (value: number, length = 2): string => String(value).padStart(length, '0')

/** RFC 5260 4.2 */
const PARTS: Readonly<Record<string, (clock: Date, zone: number) => string>> = {
  year: (clock) => digits(clock.getUTCFullYear(), 4),
  month: (clock) => digits(clock.getUTCMonth() + 1),
  day: (clock) => digits(clock.getUTCDate()),
  date: (clock) => clock.toISOString().slice(0, 10),
  julian: (clock) => String(Math.floor(clock.getTime() / DAY) + JULIAN_1970),
  hour: (clock) => digits(clock.getUTCHours()),
  minute: (clock) => digits(clock.getUTCMinutes()),
  second: (clock) => digits(clock.getUTCSeconds()),
  time: (clock) => clock.toISOString().slice(11, 19),
  iso8601: (clock, zone) => `${clock.toISOString().slice(0, 19)}${zone === 0 ? 'Z' : zoneText(zone, ':')}`,
  std11: dateTime,
  zone: (_clock, zone) => zoneText(zone),
  weekday: (clock) => String(clock.getUTCDay()),
}

/** RFC 5260 4.1: `time-zone = ( "+" / "-" ) 4DIGIT`; undefined: it is none */
function zoneOf(said: string): number | undefined {
  const [, sign, hours, minutes] = /^([+-])(\d\d)([0-5]\d)$/.exec(said) ?? []
  return sign === undefined ? undefined : (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes))
}

function partOf(moment: Moment, part: string): string {
  const clock = new Date(moment.at + moment.zone * 60_000)
  const make = Object.hasOwn(PARTS, part) ? PARTS[part] : undefined
  if (!make) throw new Error(`a date has no part ${part}`)
  // What no calendar has: a year before 0 or after 9999.
  return Number.isNaN(clock.getTime()) || clock.getUTCFullYear() < 0 || clock.getUTCFullYear() > 9999
    ? ''
    : make(clock, moment.zone)
}

/** The date of a field: all of it, or what stands behind its last semicolon (RFC 5260 4). */
function momentOf(raw: string): Moment | undefined {
  const text = raw.slice(raw.lastIndexOf(';') + 1).trim()
  const date = parseDate(text)
  return date && { at: date.at, zone: date.zone }
}

/** In the zone that the tags say. */
function shifted({ at, zone }: Moment, { tags }: TestNode, run: Run): Moment {
  if (tags.has('originalzone')) return { at, zone }
  const said = tags.get('zone')
  const wanted = said === undefined ? run.world.zone(at) : zoneOf(run.say(said))
  if (wanted === undefined) throw new Error(`${run.say(said)} is no time zone`)
  return { at, zone: wanted }
}

const checkZone = ({ tags }: Arguments, part: Value | undefined, { constant, fail }: Check): void => {
  const zone = tags.get('zone')
  if (zone !== undefined && constant(textOf(zone)) && zoneOf(textOf(zone)) === undefined)
    fail(`${textOf(zone)} is no time zone: expected +hhmm or -hhmm`)
  if (constant(textOf(part)) && !Object.hasOwn(PARTS, textOf(part).toLowerCase()))
    fail(`a date has no part ${textOf(part)}`)
}
const ZONE: Tags = { zone: { takes: 'string' } }

const dateTest: TestDefinition = {
  positional: ['string', 'string', 'strings'],
  matching: true,
  tags: { ...ZONE, originalzone: {} },
  exclusive: [['zone', 'originalzone']],
  check: (node, check) => checkZone(node, node.positional[1], check),
  test: (node, run) => {
    const [name, part, keys] = node.positional
    // RFC 5260 4: of several fields the first; another by :index
    const raws = run.rawFields(node, [run.say(name)]).slice(0, 1)
    const said = run.say(part).toLowerCase()
    const values = raws.flatMap((raw) => {
      const moment = momentOf(raw)
      return moment ? [partOf(shifted(moment, node, run), said)] : []
    })
    return run.compare(node, values, run.sayAll(keys))
  },
}

const currentdate: TestDefinition = {
  positional: ['string', 'strings'],
  matching: true,
  tags: ZONE,
  check: (node, check) => checkZone(node, node.positional[0], check),
  test: (node, run) => {
    const [part, keys] = node.positional
    const moment = shifted({ at: run.world.now, zone: 0 }, node, run)
    return run.compare(node, [partOf(moment, run.say(part).toLowerCase())], run.sayAll(keys))
  },
}

export const date: Extension = { capability: 'date', rfc: 'RFC 5260 4', tests: { date: dateTest, currentdate } }

const INDEX: Tags = { index: { takes: 'number' }, last: {} }

/** `:index` counts fields, from 1; with `:last` from the end. */
export const index: Extension = {
  capability: 'index',
  rfc: 'RFC 5260 6',
  tags: { header: INDEX, address: INDEX, date: INDEX },
  checkTags: ({ name, tags }, { fail }) => {
    if (!Object.hasOwn(index.tags ?? {}, name)) return
    if (tags.has('last') && !tags.has('index')) fail(':last stands without :index')
    if (tags.get('index') === 0) fail(':index counts from 1')
  },
  select: ({ name, tags }, values) => {
    const nth = Object.hasOwn(index.tags ?? {}, name) ? tags.get('index') : undefined
    if (typeof nth !== 'number') return values
    const chosen = tags.has('last') ? values.at(-nth) : values[nth - 1]
    return chosen === undefined ? [] : [chosen]
  },
}
