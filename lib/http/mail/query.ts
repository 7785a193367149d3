import type { SearchKey } from '../../search/key'
import { fold } from '../../terms/casemap'

/**
 * What people type into the search field, as a search program: words that must all be there, `"two words"`, `from:ann`,
 * `to:`, `cc:`, `subject:`, `body:`, `is:unread`, `is:flagged`, `before:2026-01-31`, `after:`, `larger:1M`, `-word`.
 */
const TERM = /(-?)(?:(\w+):)?(?:"([^"]*)"|(\S+))/g
const FLAGS: Readonly<Record<string, SearchKey>> = {
  unread: { kind: 'not', key: { kind: 'flag', flag: '\\Seen' } },
  read: { kind: 'flag', flag: '\\Seen' },
  flagged: { kind: 'flag', flag: '\\Flagged' },
  starred: { kind: 'flag', flag: '\\Flagged' },
  answered: { kind: 'flag', flag: '\\Answered' },
  draft: { kind: 'flag', flag: '\\Draft' },
}
const DAY = 86_400_000
const MOST_TERMS = 30
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2 }

function dayOf(text: string): number | undefined {
  const time = /^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(`${text}T00:00:00Z`) : Number.NaN
  return Number.isNaN(time) ? undefined : Math.floor(time / DAY)
}

function qualified(name: string, value: string): SearchKey | undefined {
  switch (name) {
    case 'from':
    case 'to':
    case 'cc':
    case 'subject':
      return { kind: 'field', field: name, text: fold(value) }
    case 'body':
      return { kind: 'body', text: fold(value), fields: 'not' }
    case 'is':
      return FLAGS[value.toLowerCase()]
    case 'before':
    case 'after': {
      const day = dayOf(value)
      return day === undefined
        ? undefined
        : { kind: 'day', date: 'internal', is: name === 'before' ? 'before' : 'since', day }
    }
    case 'larger':
    case 'smaller': {
      const [, number, unit = ''] = /^(\d{1,12})([km]?)$/i.exec(value) ?? []
      return number === undefined
        ? undefined
        : { kind: name, octets: Number(number) * (UNITS[unit.toLowerCase()] ?? 1) }
    }
    default:
      return undefined
  }
}

export function searchOf(query: string): SearchKey {
  const keys = [...query.matchAll(TERM)].slice(0, MOST_TERMS).map(([, minus, name, phrase, word]): SearchKey => {
    const value = phrase ?? word ?? ''
    // What is no qualifier of ours, such as a time 10:30, is a text.
    const key = (name && qualified(name.toLowerCase(), value)) || {
      kind: 'text' as const,
      text: fold(name ? `${name}:${value}` : value),
    }
    return minus ? { kind: 'not', key } : key
  })
  return keys.length === 0 ? { kind: 'all' } : { kind: 'and', keys }
}
