import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { decodeMailboxName } from '../terms/modified-utf7'
import { canonicalMailboxName } from '../terms/names'
import { uid, uidValidity } from '../terms/numbers'
import { courierKeywords, parseSizelist, parseUiddb } from './courier'
import {
  baseOf,
  flagsOf,
  type MaildirIndex,
  madeUidl,
  parseDovecotUidlist,
  parseKeywords,
  readText,
} from './maildir-names'
import { crlf, type Source, type SourceMailbox, type SourceMessage, usualUse } from './source'
import { UIDL_FORMATS, type UidlFormat, uidlFormat } from './uidl-format'

interface Folder {
  readonly directory: string
  readonly name: string
}

const isFolder = (directory: string): boolean =>
  ['cur', 'new'].every((part) => statSync(path.join(directory, part), { throwIfNoEntry: false })?.isDirectory())

const subfolders = (directory: string): readonly string[] =>
  readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()

const decoded = (name: string): string => (decodeMailboxName(Buffer.from(name), false) ?? name).normalize('NFC')

/** Maildir++ (`.Sent.2024` beside cur) and Dovecot's LAYOUT=fs (`Sent/2024`), which may even be mixed. */
function foldersBelow(root: string): readonly Folder[] {
  const found: Folder[] = isFolder(root) ? [{ directory: root, name: 'INBOX' }] : []
  const walk = (directory: string, levels: readonly string[]): void => {
    for (const name of subfolders(directory)) {
      if (['cur', 'new', 'tmp'].includes(name) || name === '.' || name === '..') continue
      const below = path.join(directory, name)
      const dotted = levels.length === 0 && name.startsWith('.')
      if (!dotted && name.startsWith('.')) continue
      const names = dotted ? name.slice(1).split('.').map(decoded) : [...levels, decoded(name)]
      // Courier and Dovecot keep children of INBOX as .INBOX.x or .x; the name is what a client saw.
      if (isFolder(below)) found.push({ directory: below, name: canonicalMailboxName(names.join('/')) })
      if (!dotted) walk(below, names)
    }
  }
  walk(root, [])
  return found
}

interface Numbers {
  readonly index: MaildirIndex | undefined
  /** Courier's POP3 ids, also of users who never came by IMAP */
  readonly uidls: ReadonlyMap<string, string>
}

function numbersOf(directory: string, uidlOf: UidlFormat): Numbers {
  const dovecot = readText(directory, 'dovecot-uidlist')
  const index = dovecot === undefined ? undefined : parseDovecotUidlist(dovecot, uidlOf)
  if (index) return { index, uidls: new Map() }
  const courier = readText(directory, 'courierimapuiddb')
  const uidls = parseSizelist(readText(directory, 'courierpop3dsizelist'))
  return { index: courier === undefined ? undefined : parseUiddb(courier, uidls), uidls }
}

const isMissing = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'ENOENT'

/** A server that still runs renames a file when flags change: the base name stays. */
async function readMessage(directory: string, at: string, base: string): Promise<Buffer | undefined> {
  try {
    return await readFile(at)
  } catch (error) {
    if (!isMissing(error)) throw error
    const renamed = readdirSync(path.join(directory, 'cur')).find((file) => baseOf(file) === base)
    return renamed === undefined ? undefined : readFile(path.join(directory, 'cur', renamed))
  }
}

function messagesOf({ directory }: Folder, { index, uidls }: Numbers): readonly SourceMessage[] {
  const keywords = parseKeywords(readText(directory, 'dovecot-keywords'))
  const courier = courierKeywords(directory)
  const files = ['cur', 'new'].flatMap((part) =>
    readdirSync(path.join(directory, part))
      .filter((file) => !file.startsWith('.'))
      .map((file) => ({ file, at: path.join(directory, part, file) })),
  )
  let next = index?.next ?? 1
  const listed = (file: string): number => index?.entries.get(baseOf(file))?.uid ?? Number.POSITIVE_INFINITY
  // Unlisted files get the next UIDs in the order of their names, which begin with the time of delivery.
  const sorted = files.sort((a, b) => listed(a.file) - listed(b.file) || (baseOf(a.file) < baseOf(b.file) ? -1 : 1))
  return sorted.map(({ file, at }) => {
    const entry = index?.entries.get(baseOf(file))
    return {
      label: file,
      uid: index ? uid(entry?.uid ?? next++) : undefined,
      uidl: entry?.uidl ?? uidls.get(baseOf(file)) ?? (index ? undefined : madeUidl(baseOf(file))),
      flags: [...flagsOf(file, keywords), ...(courier.get(baseOf(file)) ?? [])],
      // Dovecot and Courier keep INTERNALDATE as the file's time.
      internalDate: Math.round(statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()),
      read: async () => {
        const octets = await readMessage(directory, at, baseOf(file))
        return octets && crlf(octets)
      },
    }
  })
}

/** `subscriptions` of Dovecot (a name a line, or version 2 with tabs between levels), `courierimapsubscribed` of Courier. */
function subscribedNames(root: string): readonly string[] {
  const dovecot = readText(root, 'subscriptions')
  const courier = readText(root, 'courierimapsubscribed')
  const lines = (dovecot ?? courier ?? '').split('\n').filter((line) => line !== '' && !/^V\t2/.test(line))
  const tabs = dovecot !== undefined && /^V\t2/.test(dovecot)
  return lines.map((line) => {
    const levels = line.split(tabs ? '\t' : /[./]/).map(decoded)
    // Courier's folders are all below INBOX in its own listing; in the files they are not.
    if (dovecot === undefined && levels[0] === 'INBOX' && levels.length > 1) levels.shift()
    return canonicalMailboxName(levels.join('/'))
  })
}

/** A Maildir or Maildir++ on disk, of Dovecot, Courier or another. Files that the old server changes meanwhile are read as they are. */
export function maildirSource(root: string, format: string = UIDL_FORMATS.dovecot): Source {
  const uidlOf = uidlFormat(format)
  if (!uidlOf) throw new Error(`the UIDL format ${format} has other variables than %u, %v, %f and %g`)
  const folders = existsSync(root) ? foldersBelow(root) : []
  if (folders.length === 0) throw new Error(`${root} is no Maildir: no folder with cur and new is in it`)
  return {
    name: `Maildir ${root}`,
    subscriptions: async () => subscribedNames(root),
    close: async () => undefined,
    async *mailboxes() {
      for (const folder of folders) {
        const numbers = numbersOf(folder.directory, uidlOf)
        const { index } = numbers
        const messages = messagesOf(folder, numbers)
        const last = messages.at(-1)?.uid ?? 0
        const mailbox: SourceMailbox = {
          name: folder.name,
          uids: index && { validity: uidValidity(index.validity), next: uid(Math.max(index.next, last + 1)) },
          specialUse: usualUse(folder.name),
          count: messages.length,
          async *messages(from) {
            yield* messages.filter((message) => message.uid === undefined || message.uid >= from)
          },
        }
        yield mailbox
      }
    },
  }
}
