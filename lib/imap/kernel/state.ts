import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Language } from '../../terms/languages'
import type { Uid } from '../../terms/numbers'

/** RFC 9051 3: state is data, and a command gets exactly the states that it declares. */
export type State =
  | { readonly name: 'not-authenticated' }
  | { readonly name: 'authenticated'; readonly mail: AccountMail }
  | Selected
  | { readonly name: 'logout' }

export interface Selected {
  readonly name: 'selected'
  readonly mail: AccountMail
  readonly view: View
  /** by this name */
  readonly openedAs: string
  readonly readOnly: boolean
  /** RFC 5182: `$`, ascending */
  saved: readonly Uid[]
}

export type StateName = State['name']
export type StateIn<Names extends StateName> = Extract<State, { name: Names }>

/** Where a client is that has logged in. */
export const LOGGED_IN = ['authenticated', 'selected'] as const
/** Where a client is that has not logged out. */
export const NOT_OVER = ['not-authenticated', ...LOGGED_IN] as const

/** What crosses every command. */
export interface Modes {
  /** RFC 7162: MODSEQ in every FETCH */
  condstore: boolean
  /** RFC 6855 / RFC 9051: names and strings in UTF-8 */
  utf8: boolean
  /** RFC 9051: no \Recent */
  rev2: boolean
  /** RFC 7162 3.2.3: VANISHED in place of EXPUNGE */
  qresync: boolean
  /** RFC 5465: the client has said what it wants to hear of; FETCH that it did not ask for has UID */
  notify: boolean
  /** RFC 9586: no message numbers, neither in commands nor in responses */
  uidonly: boolean
  compressed: boolean
  /** RFC 5255: of what the server says to people; undefined: the client has not chosen */
  language: Language | undefined
}

export const newModes = (): Modes => ({
  condstore: false,
  utf8: false,
  rev2: false,
  qresync: false,
  notify: false,
  uidonly: false,
  compressed: false,
  language: undefined,
})
