/** What each command and test takes; `extension`: must be named by `require`. */
export interface Shape {
  readonly tags?: Readonly<Record<string, TagShape>>
  readonly positional: readonly Kind[]
  /** the first positional may be left out (imap4flags: the variable) */
  readonly optionalFirst?: boolean
  readonly tests?: 'one' | 'list'
  readonly block?: boolean
  readonly extension?: string
}
export type Kind = 'string' | 'strings' | 'number'
export interface TagShape {
  readonly takes?: Kind
  readonly extension?: string
}

/** RFC 5228 2.7: how strings are compared. */
const MATCH: Shape['tags'] = { is: {}, contains: {}, matches: {}, comparator: { takes: 'string' } }
const ADDRESS_PART: Shape['tags'] = { all: {}, localpart: {}, domain: {} }
const FLAGS: Shape['tags'] = { flags: { takes: 'strings', extension: 'imap4flags' } }
const COPY: Shape['tags'] = { copy: { extension: 'copy' } }

/** RFC 5228 5.1: the test `address` is for fields that hold addresses. */
export const ADDRESS_FIELDS: ReadonlySet<string> = new Set([
  ...['from', 'to', 'cc', 'bcc', 'sender', 'reply-to'],
  ...['resent-from', 'resent-to', 'resent-cc', 'resent-bcc', 'resent-sender', 'resent-reply-to'],
  ...['mail-reply-to', 'mail-followup-to', 'return-path', 'delivered-to', 'envelope-to', 'x-original-to', 'errors-to'],
  ...['apparently-to', 'disposition-notification-to', 'return-receipt-to', 'original-recipient'],
])

export const EXTENSIONS = [
  'fileinto',
  'envelope',
  'reject',
  'vacation',
  'imap4flags',
  'copy',
  'body',
  'variables',
  'encoded-character',
  'comparator-i;octet',
  'comparator-i;ascii-casemap',
] as const

export const COMMANDS: Readonly<Record<string, Shape>> = {
  require: { positional: ['strings'] },
  if: { positional: [], tests: 'one', block: true },
  elsif: { positional: [], tests: 'one', block: true },
  else: { positional: [], block: true },
  stop: { positional: [] },
  keep: { positional: [], tags: FLAGS },
  discard: { positional: [] },
  redirect: { positional: ['string'], tags: COPY },
  fileinto: { positional: ['string'], tags: { ...FLAGS, ...COPY }, extension: 'fileinto' },
  reject: { positional: ['string'], extension: 'reject' },
  // RFC 5232 3: setflag, addflag, removeflag [variable] <flags>
  setflag: { positional: ['string', 'strings'], optionalFirst: true, extension: 'imap4flags' },
  addflag: { positional: ['string', 'strings'], optionalFirst: true, extension: 'imap4flags' },
  removeflag: { positional: ['string', 'strings'], optionalFirst: true, extension: 'imap4flags' },
  // RFC 5229 4
  set: {
    positional: ['string', 'string'],
    tags: { lower: {}, upper: {}, lowerfirst: {}, upperfirst: {}, quotewildcard: {}, length: {} },
    extension: 'variables',
  },
  // RFC 5230 4
  vacation: {
    positional: ['string'],
    tags: {
      days: { takes: 'number' },
      subject: { takes: 'string' },
      from: { takes: 'string' },
      addresses: { takes: 'strings' },
      mime: {},
      handle: { takes: 'string' },
    },
    extension: 'vacation',
  },
}

export const TESTS: Readonly<Record<string, Shape>> = {
  true: { positional: [] },
  false: { positional: [] },
  not: { positional: [], tests: 'one' },
  allof: { positional: [], tests: 'list' },
  anyof: { positional: [], tests: 'list' },
  exists: { positional: ['strings'] },
  size: { positional: ['number'], tags: { over: {}, under: {} } },
  header: { positional: ['strings', 'strings'], tags: MATCH },
  address: { positional: ['strings', 'strings'], tags: { ...MATCH, ...ADDRESS_PART } },
  envelope: { positional: ['strings', 'strings'], tags: { ...MATCH, ...ADDRESS_PART }, extension: 'envelope' },
  body: {
    positional: ['strings'],
    tags: { ...MATCH, raw: {}, text: {}, content: { takes: 'strings' } },
    extension: 'body',
  },
  hasflag: { positional: ['strings', 'strings'], optionalFirst: true, tags: MATCH, extension: 'imap4flags' },
  string: { positional: ['strings', 'strings'], tags: MATCH, extension: 'variables' },
}
