import { MONTHS, WEEKDAYS } from '../../terms/calendar'

const digits = (value: number, length = 2): string => String(value).padStart(length, '0')

/** `+0100`, or with a colon between hours and minutes. @param zone minutes east of UTC */
export const zoneText = (zone: number, colon = ''): string => {
  const minutes = Math.abs(zone)
  return `${zone < 0 ? '-' : '+'}${digits(Math.floor(minutes / 60))}${colon}${digits(minutes % 60)}`
}

/**
 * RFC 5322 3.3, date-time.
 * @param clock its fields of UTC are those of the zone
 * @param zone minutes east of UTC
 */
export const dateTime = (clock: Date, zone = 0): string =>
  `${WEEKDAYS[clock.getUTCDay()]}, ${digits(clock.getUTCDate())} ${MONTHS[clock.getUTCMonth()]} ` +
  `${digits(clock.getUTCFullYear(), 4)} ${clock.toISOString().slice(11, 19)} ${zoneText(zone)}`
