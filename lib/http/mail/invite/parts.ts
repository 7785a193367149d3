import { type Leaf, parameterOf } from '../../../mime/read/bodies'

/** Octets of a calendar that are read: invitations have a few thousand. */
export const MOST_CALENDAR = 256 * 1024

const isCalendar = ({ part: { type, subtype, params, bodyEnd, bodyStart } }: Leaf): boolean =>
  ((type === 'text' && subtype === 'calendar') || (type === 'application' && subtype === 'ics')) &&
  bodyEnd - bodyStart <= MOST_CALENDAR &&
  parameterOf(params, 'method')?.toLowerCase() !== 'publish'

/** RFC 6047 2.4: the part that is an invitation says its method; some programs send it as a file only. */
export function invitationIn(leaves: readonly Leaf[]): string | undefined {
  const calendars = leaves.filter(isCalendar)
  const named = calendars.find(({ part: { params } }) => parameterOf(params, 'method') !== undefined)
  return (named ?? calendars[0])?.path
}
