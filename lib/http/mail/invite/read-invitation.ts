import { Component, Event, type Property, parse, type Time } from 'ical.js'
import { DAY } from '../../../terms/calendar'
import { defineJob } from '../../../work/job'

/** An invitation to an event, or what became of it (RFC 5546). Times are milliseconds since 1970. */
interface Invitation {
  /** `REQUEST`, `CANCEL`, `REPLY`, ... */
  readonly method: string
  readonly summary: string
  readonly location: string
  readonly description: string
  readonly start: number | undefined
  readonly end: number | undefined
  /** whole days, at midnight UTC; the end is the last of them */
  readonly allDay: boolean
  /** as the organizer has it: in whatever zone who reads it is */
  readonly floating: boolean
  /** RRULE as it stands; empty: once */
  readonly rule: string
  readonly organizer: Attendee | undefined
  readonly attendees: readonly Attendee[]
}
/** @public what others return holds it */
export interface Attendee {
  readonly name: string
  readonly address: string
  /** RFC 5545 3.2.12: `accepted`, `declined`, `tentative`, `needs-action`, ... */
  readonly status: string
}

/** RFC 5545 3.2.12, in lower case */
export const ANSWERS = ['accepted', 'tentative', 'declined'] as const
export type InvitationAnswer = (typeof ANSWERS)[number]

/** A calendar, and what is to be answered. */
export interface CalendarInput {
  readonly text: string
  readonly answer?: { readonly as: string; readonly status: InvitationAnswer; readonly now: number }
}
/** @public the pool finds the job by its name */
export interface CalendarOutput {
  readonly invitation: Invitation
  /** the calendar of the answer */
  readonly reply?: string
}

const MOST_ATTENDEES = 100
const LONGEST_TEXT = 4000
const SECOND = 1000

const textOf = (value: unknown): string => (typeof value === 'string' ? value.slice(0, LONGEST_TEXT) : '')
const addressIn = (value: unknown): string => textOf(value).replace(/^mailto:/i, '')

function personOf(property: Property): Attendee {
  const name = property.getParameter('cn')
  const status = property.getParameter('partstat')
  return {
    name: textOf(name),
    address: addressIn(property.getFirstValue()),
    status: (typeof status === 'string' ? status : 'needs-action').toLowerCase(),
  }
}

/** What a zone of the IANA has as this wall clock; undefined: it is none. */
function inZone(wall: number, zone: string): number | undefined {
  try {
    const clock = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const offsetAt = (at: number): number => {
      const name = clock.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? ''
      const [, sign = '+', hours = '0', minutes = '0'] = /GMT([+-])(\d+):(\d+)/.exec(name) ?? []
      return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000
    }
    return wall - offsetAt(wall - offsetAt(wall))
  } catch {
    return undefined
  }
}

function timeOf(time: Time | null, zone: string): { readonly at: number; readonly floating: boolean } | undefined {
  if (!time) return undefined
  if (!Number.isFinite(time.toUnixTime())) throw new Error('this is no time')
  if (time.isDate) return { at: Date.UTC(time.year, time.month - 1, time.day), floating: false }
  const at = time.toUnixTime() * SECOND
  if (time.zone.tzid !== 'floating') return { at, floating: false }
  // RFC 5545 3.2.19: a zone without its VTIMEZONE, as some programs send it.
  const known = zone === '' ? undefined : inZone(at, zone)
  return { at: known ?? at, floating: known === undefined }
}

function invitationOf(calendar: Component, event: Component): Invitation {
  const { startDate, endDate } = new Event(event)
  const zone = textOf(event.getFirstProperty('dtstart')?.getParameter('tzid'))
  const allDay = startDate?.isDate === true
  const start = timeOf(startDate, zone)
  const end = timeOf(endDate, zone)
  const rule = event.getFirstPropertyValue('rrule')
  const organizer = event.getFirstProperty('organizer')
  return {
    method: textOf(calendar.getFirstPropertyValue('method')).toUpperCase(),
    summary: textOf(event.getFirstPropertyValue('summary')),
    location: textOf(event.getFirstPropertyValue('location')),
    description: textOf(event.getFirstPropertyValue('description')),
    start: start?.at,
    // RFC 5545 3.6.1: DTEND is the day after the last.
    end: end && allDay ? Math.max(start?.at ?? 0, end.at - DAY) : end?.at,
    allDay,
    floating: start?.floating ?? false,
    rule: rule ? String(rule).slice(0, LONGEST_TEXT) : '',
    organizer: organizer ? personOf(organizer) : undefined,
    attendees: event.getAllProperties('attendee').slice(0, MOST_ATTENDEES).map(personOf),
  }
}

/** RFC 5546 3.2.3: UID, SEQUENCE and RECURRENCE-ID of what is answered, and of its attendees the one who answers. */
function replyTo(event: Component, { as, status, now }: NonNullable<CalendarInput['answer']>): string {
  const calendar = new Component('vcalendar')
  calendar.addPropertyWithValue('prodid', '-//haraka-plugin-mailbox//webmail//EN')
  calendar.addPropertyWithValue('version', '2.0')
  calendar.addPropertyWithValue('method', 'REPLY')
  const answer = new Component('vevent')
  for (const name of ['uid', 'sequence', 'recurrence-id', 'dtstart', 'dtend', 'summary', 'organizer']) {
    const property = event.getFirstProperty(name)
    // A property belongs to one component.
    if (property) answer.addProperty(propertyOf(name, property.toICALString()))
  }
  const stamp = new Date(now).toISOString().replace(/[-:]|\.\d+/g, '')
  answer.addProperty(propertyOf('dtstamp', `DTSTAMP:${stamp}`))
  const attendee = answer.addPropertyWithValue('attendee', `mailto:${as}`)
  attendee.setParameter('partstat', status.toUpperCase())
  calendar.addSubcomponent(answer)
  return `${calendar.toString()}\r\n`
}

/** @param line as a calendar has it */
function propertyOf(name: string, line: string): Property {
  const property = new Component(parse(`BEGIN:VEVENT\r\n${line}\r\nEND:VEVENT`)).getFirstProperty(name)
  if (!property) throw new Error(`no property ${name}`)
  return property
}

/** @public the pool finds it by its name. @returns undefined: it is no calendar with an event */
export function readInvitation({ text, answer }: CalendarInput): CalendarOutput | undefined {
  try {
    const calendar = new Component(parse(text))
    const event = calendar.name === 'vcalendar' ? calendar.getFirstSubcomponent('vevent') : null
    if (!event) return undefined
    const invitation = invitationOf(calendar, event)
    return answer ? { invitation, reply: replyTo(event, answer) } : { invitation }
  } catch {
    // The library throws whatever it stumbles over: values are read when they are asked for.
    return undefined
  }
}

const MEGABYTE = 1024 * 1024
/** Zones have rules too, which a sender may have written so that they never end. */
export const readInvitationJob = defineJob(__filename, readInvitation, {
  time: 1000,
  octetsIn: 2 * MEGABYTE,
  octetsOut: 2 * MEGABYTE,
})
