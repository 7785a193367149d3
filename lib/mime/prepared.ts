/**
 * What is computed once, at delivery, from a message's octets, and kept beside them (docs/architecture.md): FETCH then copies bytes.
 * Everything here is a plain value of JSON types and Buffers, so that a store can keep it as it likes.
 */
export interface PreparedMessage {
  /** octets of the whole message, RFC822.SIZE */
  readonly size: number
  /** octets of the header with its empty line; `size` when there is no body */
  readonly headerSize: number
  /** the header's octets, when they are few; absent: read them from the message */
  readonly header?: Buffer | undefined
  /** ENVELOPE as IMAP sends it, `(...)`; 8-bit values as literals, so it is right with and without UTF8=ACCEPT */
  readonly envelope: Buffer
  /** BODYSTRUCTURE with extension data, ready to send */
  readonly bodyStructure: Buffer
  /** BODY without extension data, ready to send */
  readonly body: Buffer
  /** the same structure as a tree with offsets into the message, for part access */
  readonly structure: Part
  readonly keys: SearchKeys
  /** PREVIEW (RFC 8970): at most 200 characters of text */
  readonly preview: string
}

/** Offsets are octets from the start of the message; `bodyEnd` is exclusive and stands before the boundary's CRLF. */
export interface Part {
  /** lower case, such as `multipart`, `text`, `message` */
  readonly type: string
  /** lower case, such as `mixed` */
  readonly subtype: string
  /** names lower case, values decoded by RFC 2231 to UTF-8 */
  readonly params: readonly (readonly [string, string])[]
  /** Content-Transfer-Encoding in lower case, `7bit` where none is given */
  readonly encoding: string
  readonly disposition?: { readonly type: string; readonly params: readonly (readonly [string, string])[] }
  readonly id?: string
  readonly headerStart: number
  /** where the part's body starts: after the empty line that ends its header */
  readonly bodyStart: number
  readonly bodyEnd: number
  /** lines of the body, for text and message parts */
  readonly lines: number
  /** of a multipart */
  readonly children: readonly Part[]
  /** of a message/rfc822 or message/global: the message inside, whose header starts at `bodyStart` */
  readonly message?: Part
  /** of the message itself: what it has more where every line ends with CRLF (POP3); absent: not counted at delivery */
  readonly added?: number
}

/**
 * Decoded, runs of blanks made one; who compares folds them (terms/casemap), so that another collation needs no other keys. Behind a
 * line end stand names and addresses that the field says in other words.
 */
export interface SearchKeys {
  readonly subject: string
  readonly from: string
  readonly to: string
  readonly cc: string
  readonly bcc: string
  /** Date: header in milliseconds since 1970 with its own zone, undefined when it is missing or unreadable */
  readonly sentAt: number | undefined
  /** Date: header's calendar day in its own zone as days since 1970 (SENTON, SENTBEFORE, SENTSINCE) */
  readonly sentDay: number | undefined
  readonly messageId: string
  readonly inReplyTo: string
  readonly references: readonly string[]
  /** base subject of RFC 5256 2.1, and whether something was stripped (a reply or forward) */
  readonly baseSubject: string
  readonly isReply: boolean
  /** mailbox part (left of @) of the first address, for SORT (RFC 5256 3) */
  readonly sortFrom: string
  readonly sortTo: string
  readonly sortCc: string
  /** display name, or address, of the first address, for SORT=DISPLAY (RFC 5957) */
  readonly displayFrom: string
  readonly displayTo: string
}
