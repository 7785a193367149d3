import { itemsOf } from '../../base/messages/fetch'
import type { Session } from '../../kernel/session'
import type { FetchItem, Slots } from '../../kernel/slots'
import type { Cursor } from '../../wire/cursor'
import { readFilter } from './mailbox-filter'

/** The event groups of NOTIFY SET (RFC 5465 8): which events of which mailboxes. */

/** RFC 5465 8 event-name, all but AnnotationChange: messages have no annotations here. */
export const EVENTS = [
  'MessageNew',
  'MessageExpunge',
  'FlagChange',
  'MailboxName',
  'SubscriptionChange',
  'MailboxMetadataChange',
  'ServerMetadataChange',
] as const
export type EventName = (typeof EVENTS)[number]
const MESSAGE_EVENT_NAMES: readonly string[] = ['MessageNew', 'MessageExpunge', 'FlagChange', 'AnnotationChange']

interface EventGroup {
  /** whether it is about a mailbox of this name */
  fits(name: string, subscribed: boolean): boolean
  /** none: NONE */
  readonly events: ReadonlySet<EventName>
}

/** What is wanted of the selected mailbox: MessageNew and MessageExpunge always, they come together (RFC 5465 5). */
interface SelectedEvents {
  /** SELECTED-DELAYED: EXPUNGE waits for a command that allows it (RFC 5465 6.1.2) */
  readonly delayed: boolean
  readonly flags: boolean
  /** of new messages; none: EXISTS alone */
  readonly items: readonly FetchItem[]
}

/** What a client wants to hear of. */
export interface NotifySet {
  /** undefined: SELECTED NONE */
  readonly selected: SelectedEvents | undefined
  readonly groups: readonly EventGroup[]
}

/** NOTIFY SET as it was read. */
export interface NotifyArguments extends NotifySet {
  /** STATUS of each mailbox, now */
  readonly status: boolean
  /** names of mailboxes in all groups */
  readonly names: number
  /** an event of a kind that is not supported was asked for */
  readonly unsupported: boolean
}

export const NOTHING: NotifySet = { selected: undefined, groups: [] }
const NO_EVENTS: ReadonlySet<EventName> = new Set()

/**
 * Events that are wanted of a mailbox: those of all groups that are about it (RFC 5465 6), or none where one of them says NONE:
 * the client wants no event of those mailboxes (RFC 5465 5).
 */
export function eventsOf({ groups }: NotifySet, name: string, subscribed: boolean): ReadonlySet<EventName> {
  const fitting = groups.filter((group) => group.fits(name, subscribed))
  if (fitting.some(({ events }) => events.size === 0)) return NO_EVENTS
  return new Set(fitting.flatMap(({ events }) => [...events]))
}

/** Whether some group wants one of these events. */
export const wants = ({ groups }: NotifySet, ...names: readonly EventName[]): boolean =>
  groups.some(({ events }) => names.some((name) => events.has(name)))

interface ReadEvents {
  readonly names: ReadonlySet<string>
  readonly items: readonly FetchItem[] | undefined
}

/** events of RFC 5465 8; also without their parentheses, as in the example of RFC 5465 3.1 */
function readEvents(cursor: Cursor, session: Session, slots: Slots): ReadEvents {
  let items: readonly FetchItem[] | undefined
  const event = (): string => {
    const word = cursor.keyword()
    if (word === 'MESSAGENEW' && cursor.peek(' (')) {
      cursor.space()
      items = itemsOf(cursor, session, slots)
    }
    return [...EVENTS, 'AnnotationChange'].find((name) => name.toUpperCase() === word) ?? word
  }
  if (cursor.tryWord('NONE')) return { names: new Set(), items }
  if (cursor.peek('(')) return { names: new Set(cursor.list(event)), items }
  const names = [event()]
  while (cursor.try(' ')) names.push(event())
  return { names: new Set(names), items }
}

/** RFC 5465 5: MessageNew and MessageExpunge together, and both where one of the others is. */
function checkMessageEvents(cursor: Cursor, names: ReadonlySet<string>): void {
  const asked = MESSAGE_EVENT_NAMES.some((name) => names.has(name))
  if (asked && !(names.has('MessageNew') && names.has('MessageExpunge')))
    cursor.fail('MessageNew and MessageExpunge together')
}

const supported = (names: ReadonlySet<string>): ReadonlySet<EventName> =>
  new Set(EVENTS.filter((name) => names.has(name)))

/** ` SET [STATUS] event-groups` behind its first word */
export function readNotifySet(cursor: Cursor, session: Session, slots: Slots): NotifyArguments {
  const status = cursor.try(' STATUS')
  const groups: EventGroup[] = []
  let selected: SelectedEvents | undefined
  let names = 0
  let unsupported = false
  let filtersSelected = 0
  do {
    cursor.expect(' (')
    const word = cursor.keyword()
    const ofSelected = word === 'SELECTED' || word === 'SELECTED-DELAYED'
    if (ofSelected && ++filtersSelected > 1) cursor.fail('SELECTED or SELECTED-DELAYED once')
    const filter = ofSelected ? undefined : (readFilter(cursor, word) ?? cursor.fail('mailboxes that are watched'))
    cursor.space()
    const events = readEvents(cursor, session, slots)
    cursor.expect(')')
    checkMessageEvents(cursor, events.names)
    const known = supported(events.names)
    unsupported ||= known.size < events.names.size
    if (filter) {
      if (events.items) cursor.fail('FETCH items with SELECTED only')
      names += filter.names.size
      groups.push({ fits: filter.fits, events: known })
      continue
    }
    // RFC 5465 6.1
    if ([...known].some((name) => !MESSAGE_EVENT_NAMES.includes(name))) cursor.fail('events of messages with SELECTED')
    const delayed = word === 'SELECTED-DELAYED'
    if (known.size > 0) selected = { delayed, flags: known.has('FlagChange'), items: events.items ?? [] }
  } while (cursor.peek(' ('))
  return { status, selected, groups, names, unsupported }
}
