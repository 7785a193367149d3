import type { AccountMail, Update, View } from '../../mailbox/mailbox'
import type { Mailbox, MessageRow } from '../../mailbox/vocabulary'
import type { SearchKey } from '../../search/key'
import type { Language } from '../../terms/languages'
import type { ModSeq } from '../../terms/numbers'
import type { Cursor } from '../wire/cursor'
import type { SequenceSet } from '../wire/sequence-set'
import type { Reply } from './reply'
import type { Session } from './session'
import type { Selected } from './state'
import type { Moment } from './unsolicited'

/** The places where RFC 4466 lets extensions add words to commands and responses. */

/** What one FETCH item needs of a message: the index in memory, its stored record, or octets. */
type FetchNeeds = 'index' | 'row'

export interface FetchMessage {
  readonly session: Session
  readonly mail: AccountMail
  readonly view: View
  readonly seq: number
  readonly uid: number
  /** there when an item of the command needs `row` */
  readonly row: MessageRow | undefined
}

/** `NAME value` as latin1 text or octets; undefined: the message has no such thing any more; RFC 3516 4.3: UNKNOWN-CTE */
export type FetchValue = readonly (string | Buffer)[] | 'unknown-cte' | undefined

/** One item of a FETCH command, its arguments read. */
export interface FetchItem {
  readonly needs: FetchNeeds
  /**
   * A name for what it writes, where that depends on the immutable message alone and is short: it is kept for the next FETCH.
   */
  readonly keep?: string
  /** whether fetching it sets \Seen (RFC 9051 6.4.5) */
  readonly setsSeen?: boolean
  write(message: FetchMessage): FetchValue | Promise<FetchValue>
}

export interface FetchSlot {
  /** in capitals, up to the first `[` or `.` that is its own */
  readonly name: string
  read(cursor: Cursor, session: Session): FetchItem
}

/** What modifiers make of a FETCH. */
export interface FetchModifiers {
  /** RFC 9394 3.3: of the messages that are named, these */
  choose?: (seqs: readonly number[]) => readonly number[]
  /** RFC 7162 3.1.4.1: only with a higher mod-sequence */
  changedSince?: number
  /** told too, where the command does not ask for it */
  also?: FetchItem
  /** what is said before the first message; it needs `changedSince` */
  before?: (state: Selected, set: SequenceSet, changedSince: number) => void | Promise<void>
}

/** A fetch-modifier of RFC 4466 2.4 */
export interface FetchModifierSlot {
  readonly name: string
  read(cursor: Cursor, session: Session, by: 'seq' | 'uid', modifiers: FetchModifiers): void
}

/** What modifiers make of a STORE. */
export interface StoreModifiers {
  /** RFC 7162 3.1.3: messages with a higher mod-sequence keep their flags */
  unchangedSince?: ModSeq
  /** called when the command runs and the mailbox can be written to */
  begin?: (session: Session) => void
}

/** A store-modifier of RFC 4466 2.5 */
export interface StoreModifierSlot {
  readonly name: string
  read(cursor: Cursor, session: Session, modifiers: StoreModifiers): void
}

/** Octets that one APPEND may still put together. */
export interface Budget {
  readonly limit: number
  left: number
}
type Load = (session: Session, mail: AccountMail, budget: Budget) => Promise<Buffer | Reply>

/** One message of an APPEND, as it is read. */
export interface AppendData {
  readonly flags: readonly string[]
  readonly internalDate: number | undefined
  /** undefined: still to come */
  bytes: Buffer | undefined
  /** what makes the octets when the command runs, where they did not come with it */
  load?: Load
  /** sent as `UTF8 (literal8)` */
  utf8: boolean
}

/** An append-ext, or an append-data-ext that stands in place of the literal (RFC 4466 2.3 and 5). */
export interface AppendSlot {
  readonly name: string
  /** behind the name */
  read(cursor: Cursor, session: Session, message: AppendData): void
}

export interface StatusSlot {
  readonly name: string
  /** a client has named it */
  asked?(session: Session): void
  value(mailbox: Mailbox, mail: AccountMail, session: Session): string | Promise<string>
}

export interface SearchSlot {
  readonly name: string
  /**
   * @param key reads another search-key, as an argument of this one
   * @param later for a key that is known when the command runs; the program is in UTF-8 then
   */
  read(cursor: Cursor, session: Session, key: () => SearchKey, later: (load: LoadKey) => SearchKey): SearchKey
}

/** @param parse reads a whole program; undefined: it is none. @returns what the key stands for, or why there is no search */
export type LoadKey = (parse: (latin1: string) => SearchKey | undefined) => Promise<SearchKey | Reply>

/** One item of an ESEARCH response (RFC 4731). */
export interface ReturnItem {
  readonly name: string
  /** numbers of messages (without this), how relevant they are, in the same order (RFC 6203 4), or nothing by itself */
  readonly tells?: 'scores' | 'nothing'
  /** other items that tell of each message tell of those that this one chooses */
  readonly narrows?: true
  /** of everything that was found, what it tells of */
  choose<T>(all: readonly T[]): readonly T[]
  /** `NAME value` of everything that was found; undefined: left out */
  text(all: readonly number[]): string | undefined
  /** Before the search runs. @returns why it does not, or what is to be done when it is answered */
  begin?(session: Session, state: Selected, tag: string): Reply | WhenFound
}

/** A search that is answered. */
export interface Found {
  readonly by: 'seq' | 'uid'
  readonly key: SearchKey
  /** in the order of the answer */
  readonly seqs: readonly number[]
  /** all messages were looked at */
  readonly isWhole: boolean
  /** of its ESEARCH responses, where it is more than the tag (RFC 7377 2.1) */
  readonly correlator?: string
  /** Messages in the order of a SORT; undefined: it is a SEARCH. */
  readonly sort?: (seqs: readonly number[]) => Promise<readonly number[]>
}
export type WhenFound = (found: Found) => void | Promise<void>

/** A search-return-opt of RFC 4466 2.6.1 */
export interface ReturnSlot {
  readonly name: string
  /** the option that cannot stand beside this one */
  readonly excludes?: string
  /** it cannot stand twice */
  readonly once?: true
  read(cursor: Cursor): ReturnItem
}

/** What a parameter of SELECT does when the mailbox is open and announced. */
export type SelectParameter = (session: Session, state: Selected) => void | Promise<void>

/** A select-param of RFC 4466 2.1 */
export interface SelectSlot {
  readonly name: string
  read(cursor: Cursor, session: Session): SelectParameter
}

/** A list-select-opt of RFC 5258 3 */
export interface ListSelectSlot {
  readonly name: string
  /** which mailboxes are told; undefined: it narrows nothing by itself */
  readonly chooses?: (mailbox: Mailbox) => boolean
}

/** What a return option adds to LIST, its arguments read. */
export interface ListReturn {
  /** before the other attributes of a mailbox */
  readonly attributes?: (mailbox: Mailbox) => readonly string[]
  /** a response behind the LIST response of a mailbox that is chosen; undefined: none of this one */
  readonly response?: (mailbox: Mailbox, session: Session) => string | undefined | Promise<string | undefined>
  /** it is about messages, and needs the lock of the mailbox's account */
  readonly lock?: true
}

/** A return-opt of RFC 5258 3 */
export interface ListReturnSlot {
  /** also what is left out when the lock cannot be had */
  readonly name: string
  read(cursor: Cursor, session: Session, slots: Slots): ListReturn
}

/** One namespace of this account, UTF-8 (RFC 2342 5); its delimiter is `/`. */
export interface Namespace {
  readonly of: 'personal' | 'other-users' | 'shared'
  readonly prefix: string
}

export interface EnableSlot {
  readonly word: string
  turnOn(session: Session): void
}

/** What an extension makes of changes of the selected mailbox. */
export interface NewsSlot {
  /** whether this client wants to hear of them when no command runs */
  between?(session: Session): boolean
  /** What may be said of them at this moment; undefined: nothing, and they are kept for another. */
  allow?(session: Session, state: Selected, moment: Moment): Moment | undefined
  /** Says some of them in its own way, or not at all. @returns those that are left to say */
  take?(session: Session, updates: readonly Update[]): readonly Update[]
  /** Says more when they were said. @returns a response code for the end of the command */
  said?(session: Session, state: Selected, updates: readonly Update[]): string | undefined | Promise<string | undefined>
}

/** What all extensions add together, put together once: a command looks here for each of its words. */
export interface Slots {
  /** names for CAPABILITY in the session's state now */
  capabilities(session: Session): readonly string[]
  readonly fetch: ReadonlyMap<string, FetchSlot>
  readonly fetchModifiers: ReadonlyMap<string, FetchModifierSlot>
  readonly storeModifiers: ReadonlyMap<string, StoreModifierSlot>
  readonly append: ReadonlyMap<string, AppendSlot>
  readonly status: ReadonlyMap<string, StatusSlot>
  readonly search: ReadonlyMap<string, SearchSlot>
  readonly select: ReadonlyMap<string, SelectSlot>
  readonly listSelect: ReadonlyMap<string, ListSelectSlot>
  readonly listReturn: ReadonlyMap<string, ListReturnSlot>
  /** by their words in capitals */
  readonly enable: ReadonlyMap<string, EnableSlot>
  /** in the order in which they are told */
  readonly returns: readonly ReturnSlot[]
  readonly selected: readonly ((view: View, session: Session) => readonly string[])[]
  readonly namespaces: readonly ((mail: AccountMail) => Promise<readonly Namespace[]>)[]
  readonly news: readonly NewsSlot[]
  translate(language: Language, text: string): string
}
