// @ts-check
/** @import { Person } from './types' */

/** Times, sizes and names as people read them. */

/** @param {'12' | '24' | undefined} clock as the browser's language has it, if nothing is chosen */
function formats(clock) {
  /** @type {Intl.DateTimeFormatOptions} */
  const hours = clock ? { hourCycle: clock === '24' ? 'h23' : 'h12' } : {}
  return {
    time: new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit', ...hours }),
    day: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' }),
    full: new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' }),
    exact: new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short', ...hours }),
  }
}
let shown = formats(undefined)

/** @param {'12' | '24' | undefined} clock */
export function showClock(clock) {
  shown = formats(clock)
}

/** @param {number} at milliseconds since 1970 */
export const exactTime = (at) => shown.exact.format(at)

/** @param {number} at milliseconds since 1970 */
export function shortTime(at) {
  const date = new Date(at)
  const now = new Date()
  if (date.toDateString() === now.toDateString()) return shown.time.format(date)
  return date.getFullYear() === now.getFullYear() ? shown.day.format(date) : shown.full.format(date)
}

const KB = 1024
const MB = 1024 ** 2
const GB = 1024 ** 3

/** @param {number} count */
export function bytes(count) {
  if (count < KB) return `${count} B`
  if (count < MB) return `${Math.round(count / KB)} KB`
  if (count < GB) return `${(count / MB).toFixed(1)} MB`
  return `${(count / GB).toFixed(2)} GB`
}

/** @param {Person} person */
export const personName = ({ name, address }) => name || address

/**
 * As one types it; a name in quotes only where it must be (RFC 5322 3.2.3).
 * @param {Person} person
 */
function typed({ name, address }) {
  if (!name || !address) return address || name
  return /^[\p{L}\p{N} '_-]+$/u.test(name) ? `${name} <${address}>` : `"${name.replace(/["\\]/g, '')}" <${address}>`
}

/** @param {readonly Person[]} people */
export const typedAll = (people) => people.map(typed).join(', ')

// In this order: Edge says Chrome too, and Chrome says Safari.
/** @type {readonly (readonly [sign: RegExp, name: string])[]} */
const BROWSERS = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
]
/** @type {readonly (readonly [sign: RegExp, name: string])[]} */
const SYSTEMS = [
  [/Android/, 'Android'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS/, 'macOS'],
  [/Windows/, 'Windows'],
  [/Linux/, 'Linux'],
]

/**
 * A browser's own name in two words.
 * @param {string} agent
 */
export function programName(agent) {
  const browser = BROWSERS.find(([sign]) => sign.test(agent))?.[1]
  const system = SYSTEMS.find(([sign]) => sign.test(agent))?.[1]
  if (!browser) return agent.slice(0, 40)
  return system ? `${browser} on ${system}` : browser
}
