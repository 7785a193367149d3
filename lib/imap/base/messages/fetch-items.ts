import { fieldsOfLarge } from '../../../mailbox/large'
import type { MessageRow } from '../../../mailbox/vocabulary'
import { type FieldChoice, fieldChoice, headerFields } from '../../../mime/read/header'
import { type OctetRange, sectionRange } from '../../../mime/read/section'
import { MAX_DEPTH } from '../../../mime/read/structure'
import { flagsText, modSeqItem } from '../../kernel/flags'
import type { FetchItem, FetchMessage, FetchSlot } from '../../kernel/slots'
import { BadSyntax, Cursor } from '../../wire/cursor'
import * as encode from '../../wire/encode'

/** The FETCH items of RFC 9051 6.4.5 and RFC 3501. What was prepared at delivery is copied, nothing is parsed here. */

const index = (write: (message: FetchMessage) => string): FetchItem => ({
  needs: 'index',
  write: (message) => [write(message)],
})
const stored = (name: string, octets: (row: NonNullable<FetchMessage['row']>) => Buffer): FetchItem => ({
  needs: 'row',
  keep: name,
  write: ({ row }) => (row ? [`${name} `, octets(row)] : []),
})

const flags = index(({ session, view, seq }) => `FLAGS ${flagsText(session, view.flagsAt(seq), view.isRecent(seq))}`)
export const modSeqFetch = index(({ view, seq }) => modSeqItem(view.modSeqAt(seq)))
const uidItem = index(({ uid }) => `UID ${uid}`)
const internalDate = index(({ view, seq }) => `INTERNALDATE ${encode.dateTime(view.internalDateAt(seq))}`)
const size = index(({ view, seq }) => `RFC822.SIZE ${view.sizeAt(seq)}`)
const envelope = stored('ENVELOPE', (row) => row.prepared.envelope)
const bodyStructure = stored('BODYSTRUCTURE', (row) => row.prepared.bodyStructure)
const body = stored('BODY', (row) => row.prepared.body)

interface Section {
  readonly path: readonly number[]
  readonly text: 'all' | 'header' | 'text' | 'mime'
  readonly fields: FieldChoice | undefined
  /** as the answer repeats it */
  readonly shown: string
}
export interface Partial {
  readonly offset: number
  readonly length: number
}

/** section of RFC 9051 9: `[1.2.HEADER.FIELDS (A B)]`, the opening bracket read */
function readSection(cursor: Cursor): Section {
  const path: number[] = []
  while (/\d/.test(cursor.ahead(1))) {
    path.push(cursor.nzNumber())
    // The deepest part that is looked into has one part inside.
    if (path.length > MAX_DEPTH + 1) cursor.fail('a shorter part number')
    if (!cursor.try('.')) break
  }
  const prefix = path.length > 0 ? `${path.join('.')}` : ''
  const show = (word: string): string => (prefix === '' ? word : word === '' ? prefix : `${prefix}.${word}`)
  const end = (section: Omit<Section, 'path' | 'fields'> & Pick<Section, 'fields'>): Section => {
    cursor.expect(']')
    return { path, ...section }
  }
  for (const [word, which] of [
    ['HEADER.FIELDS.NOT', 'not'],
    ['HEADER.FIELDS', 'only'],
  ] as const) {
    if (!cursor.try(word)) continue
    cursor.space()
    const names = cursor.list(() => cursor.astring().toString('latin1'))
    const list = names.map(encode.astring).join(' ')
    return end({ text: 'header', fields: fieldChoice(names, which), shown: show(`${word} (${list})`) })
  }
  if (cursor.try('HEADER')) return end({ text: 'header', fields: undefined, shown: show('HEADER') })
  if (cursor.try('TEXT')) return end({ text: 'text', fields: undefined, shown: show('TEXT') })
  if (path.length > 0 && cursor.try('MIME')) return end({ text: 'mime', fields: undefined, shown: show('MIME') })
  return end({ text: 'all', fields: undefined, shown: show('') })
}

/** `<offset.length>` */
export function partial(cursor: Cursor): Partial | undefined {
  if (!cursor.try('<')) return undefined
  const offset = cursor.number64()
  cursor.expect('.')
  const length = cursor.number64() || cursor.fail('a number above 0')
  cursor.expect('>')
  return { offset, length }
}

const literal = (octets: Buffer): string => `{${octets.length}}\r\n`

/** RFC 9051 9: a literal holds no NUL. 0x80 stands for it, so that sizes stay true; BINARY gives what there is. */
function withoutNul(octets: Buffer): Buffer {
  let at = octets.indexOf(0)
  if (at < 0) return octets
  const clean = Buffer.from(octets)
  for (; at < clean.length; at++) if (clean[at] === 0) clean[at] = 0x80
  return clean
}

const cut = (octets: Buffer, part: Partial | undefined): Buffer =>
  part ? octets.subarray(part.offset, part.offset + part.length) : octets

/** Where a section is, before fields are chosen; undefined: there is no such part. */
function rangeOf({ prepared }: MessageRow, { path, text }: Section): OctetRange | undefined {
  const { headerSize, size } = prepared
  // The structure is decoded only when a part is asked for.
  if (path.length > 0) return sectionRange(prepared.structure, { path, text })
  return { start: text === 'text' ? headerSize : 0, end: text === 'header' ? headerSize : size }
}

/** A section by its section-spec, as in `BODY[...]`; undefined: it is none. */
export function sectionOf(spec: string): Section | undefined {
  try {
    const cursor = new Cursor([`${spec}]`])
    const section = readSection(cursor)
    cursor.end()
    return section
  } catch (error) {
    if (error instanceof BadSyntax) return undefined
    throw error
  }
}

/** Octets of a section of a message that is there, to be read, and at most how many; undefined: there is no such part. */
export function sectionOctets(
  message: Omit<FetchMessage, 'seq' | 'uid' | 'row'> & { readonly row: MessageRow },
  section: Section,
  part: Partial | undefined,
): { readonly size: number; read(): Promise<Buffer | undefined> } | undefined {
  const range = rangeOf(message.row, section)
  if (!range) return undefined
  const size = range.end - range.start - (section.fields ? 0 : (part?.offset ?? 0))
  return {
    size: Math.max(0, section.fields ? size : Math.min(size, part?.length ?? size)),
    read: async () => octetsOf(message, section, part),
  }
}

/** Octets of a section; undefined when the message is gone, an empty buffer when there is no such part. */
function octetsOf(
  { session, row, mail, view }: Omit<FetchMessage, 'seq' | 'uid'>,
  section: Section,
  part: Partial | undefined,
): Buffer | undefined | Promise<Buffer | undefined> {
  if (!row) return undefined
  const { header, headerSize } = row.prepared
  const { path, fields } = section
  const range = rangeOf(row, section)
  if (!range) return Buffer.alloc(0)
  if (fields) {
    if (path.length === 0 && header) return cut(headerFields(header, fields), part)
    const { pool } = session.ports.room
    return mail
      .read(row.emailId, range.start, range.end, view)
      .then(async (octets) => octets && cut(await fieldsOfLarge(pool, mail.id, octets, fields), part))
  }
  const start = Math.min(range.end, range.start + (part?.offset ?? 0))
  const end = part ? Math.min(range.end, start + part.length) : range.end
  if (start === end) return Buffer.alloc(0)
  return header && end <= headerSize ? header.subarray(start, end) : mail.read(row.emailId, start, end, view)
}

function sectionItem(section: Section, part: Partial | undefined, setsSeen: boolean, name?: string): FetchItem {
  const label = name ?? `BODY[${section.shown}]${part ? `<${part.offset}>` : ''}`
  return {
    needs: 'row',
    // The label does not tell how long a part of it is.
    ...(section.text === 'header' && !part && { keep: label }),
    setsSeen,
    write: (message) => {
      const octets = octetsOf(message, section, part)
      const written = (shown: Buffer | undefined) => shown && [`${label} ${literal(shown)}`, withoutNul(shown)]
      return octets instanceof Promise ? octets.then(written) : written(octets)
    },
  }
}

const whole = (text: Section['text']): Section => ({ path: [], text, fields: undefined, shown: '' })

const fixed = (name: string, item: FetchItem): FetchSlot => ({ name, read: () => item })

export const fetchItems: readonly FetchSlot[] = [
  fixed('FLAGS', flags),
  fixed('UID', uidItem),
  fixed('INTERNALDATE', internalDate),
  fixed('RFC822.SIZE', size),
  fixed('ENVELOPE', envelope),
  fixed('BODYSTRUCTURE', bodyStructure),
  // RFC 3501 6.4.5: older names of sections.
  fixed('RFC822', sectionItem(whole('all'), undefined, true, 'RFC822')),
  fixed('RFC822.HEADER', sectionItem(whole('header'), undefined, false, 'RFC822.HEADER')),
  fixed('RFC822.TEXT', sectionItem(whole('text'), undefined, true, 'RFC822.TEXT')),
  {
    name: 'BODY',
    read: (cursor) => {
      if (!cursor.try('[')) return body
      const section = readSection(cursor)
      return sectionItem(section, partial(cursor), true)
    },
  },
  {
    name: 'BODY.PEEK',
    read: (cursor) => {
      cursor.expect('[')
      const section = readSection(cursor)
      return sectionItem(section, partial(cursor), false)
    },
  },
]

export const macros: Readonly<Record<string, readonly FetchItem[]>> = {
  ALL: [flags, internalDate, size, envelope],
  FAST: [flags, internalDate, size],
  FULL: [flags, internalDate, size, envelope, body],
}
export { flags as flagsItem, uidItem }
