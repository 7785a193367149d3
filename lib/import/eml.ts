import { statSync } from 'node:fs'
import path from 'node:path'
import { parseFromLine } from '../mime/write/mbox-lines'
import { canonicalMailboxName } from '../terms/names'
import { madeUidl } from './maildir/names'
import { createPassedOver, createRemarks, type Remarks } from './remarks'
import { crlf, type ReadingOptions, type Source, type SourceMessage, USUAL, usualUse } from './source'
import { NotTaken, openTree, readMessageFile, type Tree } from './tree'

const LF = 10
const LONGEST_FROM_LINE = 1_000
const FIELD = /^[!-9;-~]+[ \t]*:/
const KINDS: readonly (readonly [RegExp, string])[] = [
  [/^(?:\xff\xfe|\xfe\xff)/, 'text in UTF-16'],
  [/^\xd0\xcf\x11\xe0/, "a message of Outlook's own format"],
  [/^(?:\x1f\x8b|PK\x03\x04|BZh\d|\xfd7zXZ|\x28\xb5\x2f\xfd)/, 'a packed file: unpack it first'],
]

/** What speaks against a file's being a message. Octets that are none are not taken; an odd message is. */
function look(octets: Buffer, file: string, remarks: Remarks): void {
  const begin = octets.toString('latin1', 0, 64 * 1024).replace(/^\xef\xbb\xbf/, '')
  const [, kind] = KINDS.find(([magic]) => magic.test(begin)) ?? []
  if (kind !== undefined) throw new NotTaken(`no message, but ${kind}`)
  const end = begin.includes('\n') ? '\r?\n' : '\r'
  const header = begin.split(new RegExp(end + end), 1)[0] ?? ''
  const lines = header.split(new RegExp(end))
  const [first = ''] = lines
  if (FIELD.test(first) || first.startsWith('From ')) return
  if (first === '') remarks.add(`${file}: begins with an empty line: it has no header`)
  else if (lines.some((line) => FIELD.test(line))) remarks.add(`${file}: begins with a line that is no header field`)
  else throw new NotTaken('no message: it has no header field')
}

/** The message of a file, not with the line ends of old Macs; what looks like several is told. */
function messageIn(octets: Buffer, file: string, remarks: Remarks): Buffer {
  const text = octets.includes(LF) ? octets : Buffer.from(octets.toString('latin1').replaceAll('\r', '\r\n'), 'latin1')
  const first = text.indexOf(LF) + 1
  if (parseFromLine(text.toString('latin1', 0, Math.min(first, LONGEST_FROM_LINE)).trimEnd()) === undefined)
    return crlf(text)
  for (const { index } of text.toString('latin1').matchAll(/(?<=\n\r?\n)From /g)) {
    const line = text.toString('latin1', index, index + LONGEST_FROM_LINE).split('\n', 1)[0] ?? ''
    if (parseFromLine(line) === undefined) continue
    remarks.add(`${file}: more than one message, as an mbox has them: import it as mbox`)
    break
  }
  return crlf(text)
}

/** Why a file that is not named `.eml` is passed over. */
function whyNot(name: string): { readonly why: string; readonly mayBeMail: boolean } {
  if (/\.emlx$/i.test(name)) return { why: 'a message of Apple Mail: not read', mayBeMail: true }
  if (/\.(?:msg|pst|ost)$/i.test(name)) return { why: "mail in Outlook's own format: not read", mayBeMail: true }
  if (/\.(?:mbox|mbx)$/i.test(name)) return { why: 'import it as mbox', mayBeMail: true }
  return { why: 'not named .eml', mayBeMail: false }
}

function filesOf(tree: Tree, into: string): ReadonlyMap<string, readonly string[]> {
  const mailboxes = new Map<string, string[]>()
  const walk = (folder: string): void => {
    for (const { name, at, kind } of tree.entries(folder)) {
      if (kind === 'folder') walk(at)
      else if (/\.eml$/i.test(name)) {
        const above = path.relative(tree.root, folder)
        const mailbox = above === '' ? into : canonicalMailboxName(above.normalize('NFC'))
        const own = mailboxes.get(mailbox) ?? []
        own.push(at)
        mailboxes.set(mailbox, own)
      } else {
        const { why, mayBeMail } = whyNot(name)
        tree.passedOver.add(tree.named(at), why, mayBeMail)
      }
    }
  }
  walk(tree.root)
  return new Map([...mailboxes].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** A folder of `.eml` files: folders are mailboxes, files at the top go into `into`. */
export function emlSource(root: string, into: string, { largest, ...options }: ReadingOptions = USUAL): Source {
  const passedOver = createPassedOver()
  const tree = openTree(root, passedOver, options)
  const message = (at: string, remarks: Remarks): SourceMessage => {
    const file = tree.named(at)
    return {
      label: file,
      uid: undefined,
      uidl: madeUidl(file),
      flags: [],
      internalDate: Math.floor(statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()),
      read: async () => {
        const octets = await readMessageFile(at, tree.top, largest)
        if (octets.length > 0) look(octets, file, remarks)
        return messageIn(octets, file, remarks)
      },
    }
  }
  return {
    name: `files ${root}`,
    subscriptions: async () => [],
    close: async () => undefined,
    passedOver: () => passedOver.list(),
    async *mailboxes() {
      const mailboxes = filesOf(tree, into)
      if (mailboxes.size === 0) passedOver.add('.', 'no .eml file is in it', true)
      for (const [name, files] of mailboxes) {
        const remarks = createRemarks()
        yield {
          name,
          uids: undefined,
          count: files.length,
          specialUse: usualUse(name),
          doubts: () => remarks.list(),
          async *messages() {
            for (const at of files) yield message(at, remarks)
          },
        }
      }
    },
  }
}
