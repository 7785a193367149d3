import type { SearchKey } from '../../../search/key'
import { DAY } from '../../../terms/calendar'
import { fold } from '../../../terms/casemap'

/**
 * What people type into the search field, as a search program: words that must all be there, `"two words"`, `-word`, and qualifiers
 * such as `from:ann`. What looks like a qualifier and is none is searched as a text, and a note says so.
 */
const TERM = /(-?)(?:(\w+):)?(?:"([^"]*)"|(\S+))/g
const FLAGS: Readonly<Record<string, SearchKey>> = {
  unread: { kind: 'not', key: { kind: 'flag', flag: '\\Seen' } },
  unseen: { kind: 'not', key: { kind: 'flag', flag: '\\Seen' } },
  read: { kind: 'flag', flag: '\\Seen' },
  seen: { kind: 'flag', flag: '\\Seen' },
  flagged: { kind: 'flag', flag: '\\Flagged' },
  starred: { kind: 'flag', flag: '\\Flagged' },
  answered: { kind: 'flag', flag: '\\Answered' },
  draft: { kind: 'flag', flag: '\\Draft' },
}
const MOST_TERMS = 30
const UNITS: Readonly<Record<string, number>> = { '': 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 }

function dayOf(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})[-/](\d{1,2})[-/](\d{1,2})$/.exec(text) ?? []
  if (year === undefined || month === undefined || day === undefined) return undefined
  const time = Date.UTC(Number(year), Number(month) - 1, Number(day))
  // The 31st of February is none.
  return new Date(time).getUTCDate() === Number(day) && Number(month) <= 12 ? Math.floor(time / DAY) : undefined
}

interface Qualifier {
  /** for the note about a value that cannot be read */
  readonly takes: string
  read(value: string): SearchKey | undefined
}

const field = (name: 'from' | 'to' | 'cc' | 'bcc' | 'subject'): Qualifier => ({
  takes: 'a text',
  read: (value) => ({ kind: 'field', field: name, text: fold(value) }),
})
const day = (is: 'before' | 'on' | 'since'): Qualifier => ({
  takes: 'a date such as 2026-01-31',
  read: (value) => {
    const number = dayOf(value)
    return number === undefined ? undefined : { kind: 'day', date: 'internal', is, day: number }
  },
})
const size = (kind: 'larger' | 'smaller'): Qualifier => ({
  takes: 'a size such as 500K or 2M',
  read: (value) => {
    const [, number, unit = ''] = /^(\d{1,12})([kmg]?)b?$/i.exec(value) ?? []
    return number === undefined ? undefined : { kind, octets: Number(number) * (UNITS[unit.toLowerCase()] ?? 1) }
  },
})
const filename: Qualifier = { takes: 'a text', read: (value) => ({ kind: 'attachment', name: fold(value) }) }

const QUALIFIERS: ReadonlyMap<string, Qualifier> = new Map<string, Qualifier>([
  ['from', field('from')],
  ['to', field('to')],
  ['cc', field('cc')],
  ['bcc', field('bcc')],
  ['subject', field('subject')],
  ['body', { takes: 'a text', read: (value) => ({ kind: 'body', text: fold(value), fields: 'not' }) }],
  ['filename', filename],
  ['file', filename],
  [
    'has',
    {
      takes: 'attachment',
      read: (value) => (/^(?:attachments?|files?)$/i.test(value) ? { kind: 'attachment', name: '' } : undefined),
    },
  ],
  [
    'is',
    {
      takes: 'unread, read, flagged, answered or draft',
      read: (value) => new Map(Object.entries(FLAGS)).get(value.toLowerCase()),
    },
  ],
  ['before', day('before')],
  ['on', day('on')],
  ['after', day('since')],
  ['since', day('since')],
  ['larger', size('larger')],
  ['smaller', size('smaller')],
])

export interface Query {
  readonly key: SearchKey
  /** the mailbox of `in:`, as it was typed */
  readonly mailbox?: string
  /** what was not understood, for the person who typed it */
  readonly notes: readonly string[]
}

/** Times (10:30) and addresses of pages are what people look for, not mistakes. */
const isText = (name: string, value: string): boolean => /^\d+$/.test(name) || value.startsWith('//')

export function searchOf(query: string): Query {
  const notes: string[] = []
  const keys: SearchKey[] = []
  let mailbox: string | undefined
  const terms = [...query.matchAll(TERM)]
  if (terms.length > MOST_TERMS) notes.push(`Only the first ${MOST_TERMS} words were searched.`)
  for (const [, minus, name, phrase, word] of terms.slice(0, MOST_TERMS)) {
    const value = phrase ?? word ?? ''
    const whole = name ? `${name}:${value}` : value
    let key: SearchKey | undefined
    if (name && !isText(name, value)) {
      const qualifier = QUALIFIERS.get(name.toLowerCase())
      if (name.toLowerCase() === 'in' && !minus) {
        if (mailbox !== undefined) notes.push('Only one mailbox is searched at a time.')
        mailbox = value
        continue
      }
      key = qualifier?.read(value)
      if (!qualifier) notes.push(`"${name}:" is no word of the search; "${whole}" was searched as text.`)
      else if (!key) notes.push(`"${name}:" takes ${qualifier.takes}; "${whole}" was searched as text.`)
    }
    key ??= { kind: 'text', text: fold(whole) }
    keys.push(minus ? { kind: 'not', key } : key)
  }
  const key: SearchKey = keys.length === 0 ? { kind: 'all' } : { kind: 'and', keys }
  return { key, ...(mailbox !== undefined && { mailbox }), notes }
}
