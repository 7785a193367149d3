import { isUtf8 } from 'node:buffer'
import { normalMailboxName } from '../../terms/modified-utf7'

/** A message, or a part of one, of this account: an absolute-path reference of RFC 5092 7.2. */
export interface MessageUrl {
  /** UTF-8, canonical */
  readonly mailbox: string
  readonly uidValidity: number | undefined
  readonly uid: number
  /** section-spec; empty: the whole message */
  readonly section: string
  readonly partial: { readonly offset: number; readonly length: number } | undefined
}

/** imessagepart of RFC 5092 11: `/INBOX;UIDVALIDITY=1/;UID=2/;SECTION=1.MIME/;PARTIAL=0.100` */
const PATH =
  /^\/([^;?#]+)(?:;UIDVALIDITY=(\d{1,10}))?\/;UID=(\d{1,10})(?:\/;SECTION=([^;?#]+))?(?:\/;PARTIAL=(\d{1,10})(?:\.(\d{1,10}))?)?$/i

/** Percent-encoded UTF-8; undefined: it is none */
function decoded(text: string): string | undefined {
  if (/%(?![0-9A-Fa-f]{2})/.test(text)) return undefined
  const octets = Buffer.from(
    text.replace(/%([0-9A-Fa-f]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    'latin1',
  )
  return isUtf8(octets) && !octets.includes(0) ? octets.toString('utf8') : undefined
}

/** @param url latin1. undefined: it is no such URL; one with a scheme or a server is none (RFC 4469 3) */
export function messageUrl(url: string): MessageUrl | undefined {
  const match = PATH.exec(url)
  if (!match) return undefined
  const [, path = '', validity, uid = '', part = '', offset, length] = match
  const mailbox = decoded(path)
  const section = decoded(part)
  if (mailbox === undefined || section === undefined) return undefined
  return {
    mailbox: normalMailboxName(mailbox),
    uidValidity: validity === undefined ? undefined : Number(validity),
    uid: Number(uid),
    section,
    partial:
      offset === undefined
        ? undefined
        : { offset: Number(offset), length: length === undefined ? Number.POSITIVE_INFINITY : Number(length) },
  }
}

/** url-resp-text of RFC 4469 5: without what would end the code or the line */
export const urlText = (url: string): string =>
  url.replace(/[\x00-\x1f\]\x7f-\xff]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`)
