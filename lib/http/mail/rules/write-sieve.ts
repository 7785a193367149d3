import { assertNever } from '../../../terms/fault'
import type { Condition, Filter, Rules } from './rules'

/** Rules of a page as a Sieve script (RFC 5228). */

/** RFC 5228 2.4.2: quotes and backslashes are escaped. */
const quoted = (value: string): string => `"${value.replace(/\0/g, '').replace(/["\\]/g, '\\$&')}"`
const oneLine = (value: string): string => quoted(value.replace(/[\r\n]+/g, ' '))
const listed = (values: readonly string[]): string => `[${values.map(oneLine).join(', ')}]`
/** RFC 5228 2.7.1: what `:matches` takes for itself; the backslash of a string is doubled once more. */
const literal = (value: string): string => value.replace(/[*?\\]/g, '\\$&')

const HEADERS: Readonly<Record<Exclude<Condition['field'], 'size' | 'body'>, string>> = {
  from: '"from"',
  to: '["to", "cc"]',
  subject: '"subject"',
  list: '"list-id"',
}

function testOf({ field, how, value }: Condition): string {
  if (field === 'size') return `size :over ${Math.max(1, Math.round(Number(value)) || 1)}K`
  const [test, what] = field === 'body' ? ['body', ':text'] : ['header', '']
  const where = field === 'body' ? '' : ` ${HEADERS[field]}`
  const match = (type: string, text: string): string =>
    `${[test, what, type].filter((word) => word !== '').join(' ')}${where} ${oneLine(text)}`
  switch (how) {
    case 'contains':
    case 'over':
      return match(':contains', value)
    case 'lacks':
      return `not ${match(':contains', value)}`
    case 'is':
      // Of people the address alone counts.
      return field === 'from' || field === 'to' ? `address :is${where} ${oneLine(value)}` : match(':is', value)
    case 'begins':
      return match(':matches', `${literal(value)}*`)
    case 'ends':
      return match(':matches', `*${literal(value)}`)
    default:
      return assertNever(how)
  }
}

function actionsOf({ move, read, flag, remove, forward, stop }: Filter): string[] {
  const flags = [...(read ? ['\\Seen'] : []), ...(flag ? ['\\Flagged'] : [])]
  return [
    ...(flags.length > 0 ? [`addflag ${listed(flags)};`] : []),
    ...(forward === undefined ? [] : [`redirect :copy ${oneLine(forward)};`]),
    ...(remove
      ? ['fileinto :specialuse "\\\\Trash" "Trash";']
      : move === undefined
        ? []
        : [`fileinto ${oneLine(move)};`]),
    ...(stop || remove ? ['stop;'] : []),
  ]
}

const block = (condition: string, actions: readonly string[]): string =>
  `if ${condition} {\n${actions.map((action) => `  ${action}`).join('\n')}\n}`

const filterBlock = (filter: Filter): string => {
  const tests = filter.conditions.map(testOf)
  const [only = 'true'] = tests
  const condition = tests.length < 2 ? only : `${filter.all ? 'allof' : 'anyof'} (${tests.join(',\n    ')})`
  return `# ${filter.name.replace(/[\r\n]+/g, ' ')}\n${block(condition, actionsOf(filter))}`
}

function blockedBlock(blocked: readonly string[]): string {
  const domains = blocked.filter((entry) => entry.startsWith('@')).map((entry) => entry.slice(1))
  const addresses = blocked.filter((entry) => !entry.startsWith('@'))
  const tests = [
    ...(addresses.length > 0 ? [`address :is "from" ${listed(addresses)}`] : []),
    ...(domains.length > 0 ? [`address :domain :is "from" ${listed(domains)}`] : []),
  ]
  return block(`anyof (${tests.join(',\n    ')})`, ['fileinto :specialuse "\\\\Junk" "Junk";', 'stop;'])
}

function vacationBlock({ first, last, subject, text, days }: Rules['vacation'], own: readonly string[]): string {
  const action = [
    `vacation :days ${days}`,
    ...(subject === '' ? [] : [`:subject ${oneLine(subject)}`]),
    `:addresses ${listed(own)}`,
    `${quoted(text.replace(/\r\n|\r/g, '\n'))};`,
  ].join(' ')
  const bounds = [
    ...(first === '' ? [] : [`currentdate :value "ge" "date" ${oneLine(first)}`]),
    ...(last === '' ? [] : [`currentdate :value "le" "date" ${oneLine(last)}`]),
  ]
  return bounds.length === 0 ? action : block(`allof (${bounds.join(', ')})`, [action])
}

/** Extensions, and what in a script shows that it is needed. */
const NEEDS: readonly (readonly [extension: string, sign: RegExp])[] = [
  ['fileinto', /^ *fileinto /m],
  ['special-use', /^ *fileinto :specialuse /m],
  ['imap4flags', /^ *addflag /m],
  ['copy', /^ *redirect :copy /m],
  ['body', /\bbody :text /],
  ['vacation', /^ *vacation /m],
  ['date', /\bcurrentdate :value /],
  ['relational', /\bcurrentdate :value /],
  ['include', /^include /m],
]

/**
 * @param own the user's addresses: vacation answers what was sent to one of them
 * @param script the user's own script, which runs afterwards
 */
export function writeSieve(
  { vacation, forward, blocked, filters }: Rules,
  own: readonly string[],
  script: string | undefined,
): string {
  const parts = [
    ...(blocked.length > 0 ? [`# Blocked senders\n${blockedBlock(blocked)}`] : []),
    ...(vacation.on ? [`# Out of office\n${vacationBlock(vacation, own)}`] : []),
    ...(forward.on ? [`# Forwarding\nredirect ${forward.keep ? ':copy ' : ''}${oneLine(forward.to)};`] : []),
    ...filters.filter(({ on }) => on).map(filterBlock),
    ...(script === undefined ? [] : [`# Your own script\ninclude :personal ${oneLine(script)};`]),
  ]
  const body = parts.join('\n\n')
  const needed = NEEDS.filter(([, sign]) => sign.test(body)).map(([extension]) => extension)
  const head = '# Made by webmail (Filters): what is changed here is replaced there.'
  const require = needed.length > 0 ? `require ${listed(needed)};\n\n` : ''
  return `${head}\n${require}${body}\n`
}
