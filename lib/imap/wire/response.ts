import { quoted } from './encode'

/** Responses of RFC 9051 7, put together of values that are encoded already. */
type Value = string | number

/** `* NAME value value` */
export const untagged = (...values: readonly Value[]): string => `* ${values.join(' ')}`

/** `(value value)` */
export const list = (values: readonly Value[]): string => `(${values.join(' ')})`

/** resp-text-code without its brackets: `NAME value` */
export const code = (name: string, ...values: readonly Value[]): string => [name, ...values].join(' ')

/** `* OK [CODE] text` */
export const untaggedOk = (responseCode: string, text: string): string => `* OK [${responseCode}] ${text}`

/** search-correlator of RFC 9051 9; a tag has nothing in it that a quoted string must escape. */
export const correlator = (tag: string): string => list(['TAG', quoted(tag)])

/** `tag OK [CODE] text` */
export function tagged(tag: string, kind: 'ok' | 'no' | 'bad', text: string, responseCode?: string): string {
  return `${tag} ${kind.toUpperCase()} ${responseCode === undefined ? '' : `[${responseCode}] `}${text}`
}

/** What the items of a message begin and end with: `* n FETCH (`, and without message numbers `* uid UIDFETCH (` (RFC 9586 3.3). */
export const fetchStart = ({ uidonly }: { readonly uidonly: boolean }, seq: number, uid: number): string =>
  uidonly ? `* ${uid} UIDFETCH (` : `* ${seq} FETCH (`
export const FETCH_END = ')'
