import type { MboxFile } from './file'

const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^\x1f\x8b/, 'compressed by gzip: unpack it first'],
  [/^BZh[1-9]1AY&SY/, 'compressed by bzip2: unpack it first'],
  [/^\xfd7zXZ\0/, 'compressed by xz: unpack it first'],
  [/^\x28\xb5\x2f\xfd/, 'compressed by zstd: unpack it first'],
  [/^PK\x03\x04/, 'a zip archive: unpack it first'],
  [/^\*mbx\*\r\n/, 'an mbx file of UW IMAP, no mbox: bring it by IMAP'],
  [/^\x01\x01\x01\x01\n/, 'an MMDF file, no mbox'],
  [/^BABYL OPTIONS:/, 'a Babyl file of Emacs, no mbox'],
  [/^!BDN/, 'a PST file of Outlook, no mbox'],
]
/** What mail programs keep beside their mail: they hold none. */
const INDEXES =
  /(?:\.(?:msf|dat|lock|html|json|sqlite|sqlite-(?:wal|shm)|log|idx|index|cache|toc|snm|db|mork|mab|summary|ibex.*|cmeta|ev-summary.*)|^(?:popstate\.dat|\.DS_Store|Thumbs\.db|desktop\.ini|\.gitkeep|\.subscriptions|subscriptions|\.mailboxlist|dovecot.*|\.imap.*))$/i
const SIGN_OF_MAIL = /^(?:from|received|return-path|message-id|date|subject|mime-version|delivered-to)[ \t]*:/im
const FROM = /\n(?:\r\n|\n)From [^\n]*\d{4}/

/** Why a file that begins with no From_ line is passed over, and whether it may hold mail all the same. */
export async function whyNoMbox(
  file: MboxFile,
  name: string,
): Promise<{ readonly why: string; readonly mayBeMail: boolean }> {
  const begin = (await file.at(0, 64 * 1024)).toString('latin1')
  const [, kind] = KINDS.find(([magic]) => magic.test(begin)) ?? []
  if (kind !== undefined) return { why: kind, mayBeMail: true }
  const why = 'no mbox: it does not begin with a From_ line'
  if (INDEXES.test(name)) return { why, mayBeMail: false }
  if (FROM.test(begin)) return { why: `${why}, but has one further on`, mayBeMail: true }
  if (SIGN_OF_MAIL.test(begin.slice(0, 4096))) {
    return { why: `${why}; if it is a single message, import it as .eml`, mayBeMail: true }
  }
  return { why, mayBeMail: false }
}

/** An empty file is an empty mailbox, unless its name says that it is something else. */
export const isEmptyMbox = (name: string, isAlone: boolean): boolean =>
  isAlone || (!INDEXES.test(name) && !name.startsWith('.') && (!name.includes('.') || /\.(mbox|mbx)$/i.test(name)))
