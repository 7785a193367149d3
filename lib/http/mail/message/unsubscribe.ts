import { type Field, fieldOf } from '../../../mime/read/header'
import { flag, object, optional, text } from '../../../web/kernel/schema'
import type { Authentication } from './authentication'

/** How one leaves the mailing list that sent a message. */
export const unsubscribe = object({
  /** the server can do it: `POST .../unsubscribe` */
  oneClick: flag(),
  /** by writing to it */
  mailto: optional(text(2000)),
  /** by a page of the list */
  page: optional(text(2000)),
})

export interface Unsubscribe {
  readonly oneClick: boolean
  readonly mailto?: string
  readonly page?: string
}

const LONGEST = 4000

/** RFC 2369 2: addresses in angle brackets, the preferred first. */
function addressesIn(fields: readonly Field[]): readonly URL[] {
  const value = (fieldOf(fields, 'list-unsubscribe') ?? '').slice(0, LONGEST)
  return [...value.matchAll(/<([^<>]{1,2000})>/g)].flatMap(([, address = '']) => {
    const text = address.replace(/\s+/g, '')
    return URL.canParse(text) ? [new URL(text)] : []
  })
}

/**
 * Where a list takes a POST (RFC 8058 3.1): over HTTPS, and when its signature holds (section 4), so that nobody makes this server
 * ask what they like in the name of a list.
 */
export function oneClickOf(fields: readonly Field[], checked: Authentication | undefined): URL | undefined {
  const offered = /^\s*List-Unsubscribe\s*=\s*One-Click\s*$/i.test(fieldOf(fields, 'list-unsubscribe-post') ?? '')
  if (!offered || checked?.dkim !== 'pass') return undefined
  return addressesIn(fields).find(({ protocol }) => protocol === 'https:')
}

export function unsubscribeOf(fields: readonly Field[], checked: Authentication | undefined): Unsubscribe | undefined {
  const addresses = addressesIn(fields)
  const mailto = addresses.find(({ protocol }) => protocol === 'mailto:')?.href
  const page = addresses.find(({ protocol }) => protocol === 'https:' || protocol === 'http:')?.href
  const oneClick = oneClickOf(fields, checked) !== undefined
  if (mailto === undefined && page === undefined) return undefined
  return { oneClick, ...(mailto && { mailto }), ...(page && { page }) }
}
