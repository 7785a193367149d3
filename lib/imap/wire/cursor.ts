import { isUtf8 } from 'node:buffer'
import { DAY, MONTHS } from '../../terms/calendar'
import { isPrivateSeen, isSystemFlag } from '../../terms/flags'
import { decodeMailboxName, normalMailboxName } from '../../terms/modified-utf7'
import type { SeqRange, SequenceSet } from './sequence-set'

/** The client's command is not in the grammar: answered with BAD, the connection goes on. */
export class BadSyntax extends Error {
  override readonly name = 'BadSyntax'
  /** @param code response code of the BAD */
  constructor(
    message: string,
    readonly code?: string,
  ) {
    super(message)
  }
}

/** A mailbox name that is no text of its convention (RFC 9051 5.1), or none at all: no such mailbox, and no broken command. */
export class BadMailboxName extends Error {
  override readonly name = 'BadMailboxName'
}

/** A command as it came: lines (latin1, without CRLF) with literals between them; `~` before one stays, it makes a literal8. */
export type Frame = readonly (string | Buffer)[]

const ATOM = /[^\x00-\x20\x7f-\xff(){%*"\\\]]+/y
const ASTRING = /[^\x00-\x20\x7f-\xff(){%*"\\]+/y
const LIST_CHARS = /[^\x00-\x20\x7f(){"\\]+/y
const TAG = /[^\x00-\x20\x7f-\xff(){%*"\\+]+(?= |$)/y
const NUMBER = /\d{1,16}/y
const SEQUENCE = /[\d*][\d*:,]*/y
const FLAG = /\\?[^\x00-\x20\x7f-\xff(){%*"\\\]]+|\\\*/y
const DATE = /("?)(\d{1,2})-([A-Za-z]{3})-(\d{4})\1/y
/** RFC 3501 9 has two digits or a blank and one; Apple Mail has sent one alone. */
const DATE_TIME = /"([ \d]?\d)-([A-Za-z]{3})-(\d{4}) (\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})"/y
const MONTH_WORDS = MONTHS.map((month) => month.toLowerCase())
const MAX_NUMBER = 0xffff_ffff

const ONE_ATOM = new RegExp(`^${ATOM.source}$`)
/** Whether this text can stand in a response as an atom. */
export const isAtom = (latin1: string): boolean => ONE_ATOM.test(latin1)

/** A mailbox by its one spelling, and as the client wrote it; both UTF-8. */
export interface NamedMailbox {
  readonly name: string
  readonly supplied: string
}

/** Typed reading of a command's arguments; each method is named after its rule in RFC 9051 9. */
export class Cursor {
  #piece = 0
  #at = 0

  /** @param utf8 the client asked for UTF-8 in names and quoted strings (RFC 6855 3, RFC 9051) */
  constructor(
    readonly frame: Frame,
    readonly utf8 = false,
  ) {}

  get #line(): string {
    const piece = this.frame[this.#piece]
    return typeof piece === 'string' ? piece : ''
  }

  /** @param code response code of the BAD */
  fail(expected: string, code?: string): never {
    throw new BadSyntax(`expected ${expected}`, code)
  }

  get atEnd(): boolean {
    return this.#piece >= this.frame.length - 1 && this.#at >= this.#line.length
  }
  end(): void {
    // A blank at the end is against the grammar and harmless.
    this.#at += /^ *$/.test(this.#line.slice(this.#at)) ? this.#line.length - this.#at : 0
    if (!this.atEnd) this.fail('the end of the command')
  }

  #match(rule: RegExp): RegExpExecArray | undefined {
    rule.lastIndex = this.#at
    const match = rule.exec(this.#line)
    if (!match) return undefined
    this.#at = rule.lastIndex
    return match
  }
  #take(rule: RegExp, expected: string): string {
    return this.#match(rule)?.[0] ?? this.fail(expected)
  }

  peek(text: string): boolean {
    return this.#line.startsWith(text, this.#at)
  }
  /** The next characters, without taking them. */
  ahead(count: number): string {
    return this.#line.slice(this.#at, this.#at + count)
  }
  try(text: string): boolean {
    if (this.#line.slice(this.#at, this.#at + text.length).toUpperCase() !== text.toUpperCase()) return false
    this.#at += text.length
    return true
  }
  expect(text: string): void {
    if (!this.try(text)) this.fail(text === ' ' ? 'a blank' : text)
  }
  space(): void {
    this.expect(' ')
  }
  /** A blank and then this word, not as the beginning of a longer one. */
  tryWord(word: string): boolean {
    const next = this.#line[this.#at + word.length]
    if (next !== undefined && /[A-Za-z0-9.\-=]/.test(next)) return false
    return this.try(word)
  }

  tag(): string {
    return this.#take(TAG, 'a tag')
  }
  atom(): string {
    return this.#take(ATOM, 'an atom')
  }
  /** Name of a FETCH item, in capitals, up to its `[`. */
  fetchName(): string {
    return this.#take(/[A-Za-z0-9.-]+/y, 'a FETCH item').toUpperCase()
  }
  /** A word of the grammar, in capitals. */
  keyword(): string {
    return this.atom().toUpperCase()
  }
  number(): number {
    const value = Number(this.#take(NUMBER, 'a number'))
    return value <= MAX_NUMBER ? value : this.fail('a number below 2^32')
  }
  nzNumber(): number {
    return this.number() || this.fail('a number above 0')
  }
  /** number64 and mod-sequences: up to 2^53-1 here */
  number64(): number {
    const value = Number(this.#take(NUMBER, 'a number'))
    return Number.isSafeInteger(value) ? value : this.fail('a number below 2^53')
  }

  get atLiteral(): boolean {
    return this.#at >= this.#line.length && Buffer.isBuffer(this.frame[this.#piece + 1])
  }
  /** what `message` reads comes next */
  get atMessage(): boolean {
    return this.atLiteral || this.peek('~')
  }
  #octets(): Buffer {
    const next = this.frame[this.#piece + 1]
    if (!this.atLiteral || !Buffer.isBuffer(next)) return this.fail('a literal')
    this.#piece += 2
    this.#at = 0
    return next
  }
  /** RFC 9051 9: CHAR8 is any octet but NUL. */
  literal(): Buffer {
    const octets = this.#octets()
    return octets.includes(0) ? this.fail('a literal without NUL') : octets
  }
  /** literal / literal8: a message in APPEND (RFC 9051 6.3.12) */
  message(): Buffer {
    if (!this.peek('~')) return this.literal()
    this.#at++
    return this.#octets()
  }
  #quoted(): Buffer {
    let value = ''
    for (let at = this.#at + 1; at < this.#line.length; at++) {
      const c = this.#line[at]
      if (c === '"') {
        this.#at = at + 1
        const octets = Buffer.from(value, 'latin1')
        // RFC 6855 3
        return this.utf8 && !isUtf8(octets) ? this.fail('UTF-8 in a quoted string') : octets
      }
      if (c === '\\') {
        at++
        const escaped = this.#line[at]
        if (escaped !== '"' && escaped !== '\\') return this.fail('\\" or \\\\ in a quoted string')
        value += escaped
      } else if (c === '\0') return this.fail('no NUL')
      else value += c
    }
    return this.fail('the end of a quoted string')
  }
  string(): Buffer {
    if (this.peek('"')) return this.#quoted()
    return this.atLiteral ? this.literal() : this.fail('a string')
  }
  astring(): Buffer {
    const atom = this.#match(ASTRING)
    return atom ? Buffer.from(atom[0], 'latin1') : this.string()
  }
  nstring(): Buffer | undefined {
    return this.tryWord('NIL') ? undefined : this.string()
  }
  text(): string {
    return this.astring().toString('utf8')
  }

  #decoded(octets: Buffer): string {
    const name = decodeMailboxName(octets, this.utf8)
    if (name === undefined) throw new BadMailboxName(this.utf8 ? 'it is no UTF-8' : 'it is no modified UTF-7')
    return name
  }
  /** UTF-8, canonical */
  mailbox(): string {
    return this.namedMailbox().name
  }
  namedMailbox(): NamedMailbox {
    const supplied = this.#decoded(this.astring())
    if (supplied === '') throw new BadMailboxName('it is empty')
    return { name: normalMailboxName(supplied), supplied }
  }
  /** a reference name: a mailbox name or "" */
  mailboxOrEmpty(): string {
    return normalMailboxName(this.#decoded(this.astring()))
  }
  /** list-mailbox: a name with wildcards, UTF-8; undefined when it is no name, which matches none (RFC 9051 6.3.9) */
  listMailbox(): string | undefined {
    const chars = this.#match(LIST_CHARS)
    const pattern = decodeMailboxName(chars ? Buffer.from(chars[0], 'latin1') : this.string(), this.utf8)
    return pattern === undefined ? undefined : normalMailboxName(pattern)
  }

  sequenceSet(): SequenceSet {
    return this.try('$') ? '$' : this.sequenceRanges()
  }
  /** sequence-set without `$` */
  sequenceRanges(): readonly SeqRange[] {
    const text = this.#take(SEQUENCE, 'a sequence set')
    return text.split(',').map((range) => {
      const match = /^(\d{1,10}|\*)(?::(\d{1,10}|\*))?$/.exec(range)
      const number = (value: string): number | '*' => {
        if (value === '*') return '*'
        const parsed = Number(value)
        return parsed >= 1 && parsed <= MAX_NUMBER ? parsed : this.fail('numbers from 1 in a sequence set')
      }
      const [, low = '', high = low] = match ?? this.fail('a sequence set')
      return [number(low), number(high)] as const
    })
  }

  flag(): string {
    return this.#take(FLAG, 'a flag')
  }
  /** A flag that a message can have: nobody makes up system flags (RFC 9051 2.3.2). `\\Recent` is taken, and never kept. */
  #messageFlag(): string {
    const flag = this.flag()
    const isKeyword = !flag.startsWith('\\') && !isPrivateSeen(flag)
    const isKnown = isKeyword || isSystemFlag(flag) || flag.toLowerCase() === '\\recent'
    return isKnown ? flag : this.fail('a system flag or a keyword')
  }
  /** flag-list, with parentheses; without them too for STORE */
  flags(): string[] {
    if (!this.try('(')) {
      const flags = [this.#messageFlag()]
      while (this.try(' ')) flags.push(this.#messageFlag())
      return flags
    }
    const flags: string[] = []
    while (!this.try(')')) {
      if (flags.length > 0) this.space()
      flags.push(this.#messageFlag())
    }
    return flags
  }

  /** @returns days since 1970 */
  date(): number {
    const [, , day = '', month = '', year = ''] = this.#match(DATE) ?? this.fail('a date such as 1-Feb-2026')
    return Math.floor(this.#midnight(Number(year), month, Number(day)) / DAY)
  }
  #midnight(year: number, month: string, day: number): number {
    const index = MONTH_WORDS.indexOf(month.toLowerCase())
    if (index < 0) this.fail('a month')
    const midnight = new Date(0).setUTCFullYear(year, index, day)
    // 31-Feb is no day.
    return new Date(midnight).getUTCMonth() === index && day > 0 ? midnight : this.fail('a day of this month')
  }
  /** @returns milliseconds since 1970 */
  dateTime(): number {
    const match = this.#match(DATE_TIME) ?? this.fail('a date-time')
    const [
      ,
      day = '',
      month = '',
      year = '',
      hour = '',
      minute = '',
      second = '',
      sign = '',
      zoneHour = '',
      zoneMinute = '',
    ] = match
    const midnight = this.#midnight(Number(year), month, Number(day))
    // RFC 5322 3.3: 60 is a leap second, and a zone is below 100 hours with minutes below 60.
    if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) this.fail('a time of day')
    if (Number(zoneMinute) > 59) this.fail('a zone')
    const offset = (Number(zoneHour) * 60 + Number(zoneMinute)) * (sign === '-' ? -1 : 1)
    return midnight + ((Number(hour) * 60 + Number(minute) - offset) * 60 + Number(second)) * 1000
  }

  /** `(item item ...)`, not empty */
  list<T>(item: () => T): T[] {
    this.expect('(')
    const items = [item()]
    while (!this.try(')')) {
      this.space()
      items.push(item())
    }
    return items
  }
}
