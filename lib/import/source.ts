import type { EmailId } from '../terms/names'
import type { Uid, UidValidity } from '../terms/numbers'
import type { SpecialUse } from '../terms/special-use'
import type { PassedOver } from './remarks'

/** An account's mail somewhere else, as the import reads it. */
export interface Source {
  /** what it is, for people */
  readonly name: string
  mailboxes(): AsyncIterable<SourceMailbox>
  /** subscribed names, canonical, also of mailboxes that do not exist */
  subscriptions(): Promise<readonly string[]>
  /** files and folders that were not taken, as far as they are known by now */
  passedOver?(): readonly PassedOver[]
  close(): Promise<void>
}

export interface SourceMailbox {
  /** UTF-8, canonical, `/` between levels */
  readonly name: string
  /** undefined: this source has no UIDs that a client could know */
  readonly uids: { readonly validity: UidValidity; readonly next: Uid } | undefined
  /** why messages get new UIDs where `uids` is undefined */
  readonly newUids?: string
  readonly specialUse: readonly SpecialUse[]
  readonly count: number
  /** why it cannot be read at all */
  readonly broken?: string
  /** what was taken and may be wrong, as far as it is known by now */
  doubts?(): readonly string[]
  /**
   * In order of UID, or of arrival; those below `from` may be left out. A message is read before the next one is asked for.
   * @param ahead only so many will be read, so fetching more with them would be a waste
   */
  messages(from: number, ahead?: number): AsyncIterable<SourceMessage>
}

export interface SourceMessage {
  /** for people: a file's name, a UID */
  readonly label: string
  readonly uid: Uid | undefined
  /** POP3's unique id where the old server kept or made one; without UIDs: what names this message at each reading */
  readonly uidl: string | undefined
  readonly flags: readonly string[]
  /** milliseconds since 1970 */
  readonly internalDate: number
  /** of a backup of this store */
  readonly stored?: { readonly emailId: EmailId; readonly size: number }
  /** CRLF lines; undefined: deleted there meanwhile. Rejects when it cannot be read: the message is then reported and left out. */
  read(): Promise<Buffer | undefined>
}

/** Knows messages that are here already by other things than UIDs and UIDLs. */
export interface Here {
  has(message: SourceMessage): Promise<boolean>
  /** what is worth to be told of those that it has found, for people */
  notes(): readonly string[]
}

/** What is said of a message without an octet. */
export const EMPTY = 'it is empty'

/** The source as a whole cannot be read further; what came is kept, and the same import goes on from there. */
export class SourceGone extends Error {}

/** How files are read. */
export interface ReadingOptions {
  /** octets of a message; larger ones are named and left out */
  readonly largest: number
  /** symbolic links that lead out of the folder are followed too */
  readonly outsideLinks?: boolean
}

export const USUAL: ReadingOptions = { largest: 256 * 1024 ** 2 }

const LF = 0x0a
const CR = 0x0d

/** Files of Unix end lines with LF only; IMAP and POP3 servers show them with CRLF. A file whose first line ends in CRLF is kept. */
export function crlf(octets: Buffer): Buffer {
  const first = octets.indexOf(LF)
  if (first < 0 || octets[first - 1] === CR) return octets
  let bare = 0
  for (let at = first; at >= 0; at = octets.indexOf(LF, at + 1)) if (octets[at - 1] !== CR) bare++
  const out = Buffer.allocUnsafe(octets.length + bare)
  let to = 0
  let start = 0
  for (let at = first; at >= 0; at = octets.indexOf(LF, at + 1)) {
    if (octets[at - 1] === CR) continue
    to += octets.copy(out, to, start, at)
    out[to++] = CR
    start = at
  }
  octets.copy(out, to, start)
  return out
}

const USES: Readonly<Record<string, SpecialUse>> = {
  sent: '\\Sent',
  'sent items': '\\Sent',
  'sent messages': '\\Sent',
  drafts: '\\Drafts',
  trash: '\\Trash',
  'deleted items': '\\Trash',
  'deleted messages': '\\Trash',
  junk: '\\Junk',
  spam: '\\Junk',
  archive: '\\Archive',
  archives: '\\Archive',
}

/** RFC 6154 uses by the names that mail programs give, for sources that do not tell. */
export const usualUse = (name: string): readonly SpecialUse[] => {
  const use = USES[name.toLowerCase()]
  return use === undefined ? [] : [use]
}
