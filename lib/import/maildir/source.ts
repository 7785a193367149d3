import { readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { canonicalMailboxName } from '../../terms/names'
import { uid, uidValidity } from '../../terms/numbers'
import { createPassedOver, createRemarks, type Remarks } from '../remarks'
import {
  crlf,
  type ReadingOptions,
  type Source,
  type SourceMailbox,
  type SourceMessage,
  USUAL,
  usualUse,
} from '../source'
import { isMissing, openTree, readMessageFile, type Tree } from '../tree'
import { courierKeywords, parseSizelist, parseUiddb } from './courier'
import { decodedLevel, type Folder, foldersOf } from './folders'
import {
  baseOf,
  flagsOf,
  holdsOctets,
  type MaildirIndex,
  madeUidl,
  parseDovecotUidlist,
  parseKeywords,
  sizeIn,
} from './names'
import { UIDL_FORMATS, type UidlFormat, uidlFormat } from './uidl-format'
import { unpacked } from './unpack'

interface Numbers {
  readonly index: MaildirIndex | undefined
  /** Courier's POP3 ids, also of users who never came by IMAP */
  readonly uidls: ReadonlyMap<string, string>
}

function numbersOf(tree: Tree, directory: string, uidlOf: UidlFormat): Numbers {
  const dovecot = tree.text(directory, 'dovecot-uidlist')
  const index = dovecot === undefined ? undefined : parseDovecotUidlist(dovecot, uidlOf)
  if (index) return { index, uidls: new Map() }
  const courier = tree.text(directory, 'courierimapuiddb')
  const uidls = parseSizelist(tree.text(directory, 'courierpop3dsizelist'))
  return { index: courier === undefined ? undefined : parseUiddb(courier, uidls), uidls }
}

interface Reading {
  readonly tree: Tree
  readonly folder: Folder
  readonly largest: number
  readonly remarks: Remarks
}

/** A server that still runs renames a file when flags change: the base name stays. */
async function readFile({ tree, folder, largest }: Reading, at: string, base: string): Promise<Buffer | undefined> {
  try {
    return await readMessageFile(at, tree.top, largest)
  } catch (error) {
    if (!isMissing(error)) throw error
    for (const part of ['cur', 'new']) {
      const directory = path.join(folder.directory, part)
      const renamed = readNames(directory).find((file) => baseOf(file) === base)
      if (renamed !== undefined) return readMessageFile(path.join(directory, renamed), tree.top, largest)
    }
    return undefined
  }
}

function readNames(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
  } catch (error) {
    if (isMissing(error)) return []
    throw error
  }
}

/** Dovecot writes `S=`, the octets of the file before it was packed, and `W=`, those with CRLF, into the name. */
async function readMessage(reading: Reading, at: string, file: string): Promise<Buffer | undefined> {
  const packed = await readFile(reading, at, baseOf(file))
  if (!packed) return undefined
  const size = sizeIn(file, 'S')
  // A file of the size that its name says is not packed, whatever it begins with.
  const isPlain = size === packed.length
  const { octets, by } = isPlain ? { octets: packed, by: undefined } : await unpacked(packed, reading.largest)
  if (size !== undefined && size !== octets.length) {
    const how = by === undefined ? 'has' : `has, unpacked by ${by},`
    reading.remarks.add(
      `${file}: its name says ${size} octets, it ${how} ${octets.length}; it may be cut off or changed`,
    )
  }
  return holdsOctets(file, octets.length) ? octets : crlf(octets)
}

interface Listed {
  readonly file: string
  /** cur or new */
  readonly part: string
}

function filesOf({ parts }: Folder, { index }: Numbers): readonly Listed[] {
  const files = parts.flatMap(({ directory, files: own }) => own.map((file) => ({ file, part: directory })))
  const listed = (file: string): number => index?.entries.get(baseOf(file))?.uid ?? Number.POSITIVE_INFINITY
  // Unlisted files get the next UIDs in the order of their names, which begin with the time of delivery.
  return files.sort((a, b) => listed(a.file) - listed(b.file) || (baseOf(a.file) < baseOf(b.file) ? -1 : 1))
}

/** Made one after another: a folder may have a million. */
function* messagesOf(
  reading: Reading,
  files: readonly Listed[],
  { index, uidls }: Numbers,
  from: number,
): Generator<SourceMessage> {
  const { tree, folder } = reading
  const { directory } = folder
  const keywords = parseKeywords(tree.text(directory, 'dovecot-keywords'))
  const courier = courierKeywords(tree, directory)
  let next = index?.next ?? 1
  for (const { file, part } of files) {
    const at = path.join(part, file)
    const base = baseOf(file)
    const entry = index?.entries.get(base)
    const own = index ? (entry?.uid ?? next++) : undefined
    if (own !== undefined && own < from) continue
    yield {
      label: file,
      uid: own === undefined ? undefined : uid(own),
      uidl: entry?.uidl ?? uidls.get(base) ?? (index ? undefined : madeUidl(base)),
      flags: [...flagsOf(file, keywords), ...(courier.get(base) ?? [])],
      // Dovecot and Courier keep INTERNALDATE as the file's time.
      internalDate: Math.round(statSync(at, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()),
      read: () => readMessage(reading, at, file),
    }
  }
}

/** UIDNEXT, when files that no list knows have theirs. */
function nextUid({ index }: Numbers, files: readonly Listed[]): number {
  const unlisted = files.filter(({ file }) => !index?.entries.has(baseOf(file))).length
  return (index?.next ?? 1) + unlisted
}

/** `subscriptions` of Dovecot (a name a line, or version 2 with tabs between levels), `courierimapsubscribed` of Courier. */
function subscribedNames(tree: Tree): readonly string[] {
  const dovecot = tree.text(tree.root, 'subscriptions')
  const courier = tree.text(tree.root, 'courierimapsubscribed')
  const lines = (dovecot ?? courier ?? '').split('\n').filter((line) => line !== '' && !/^V\t2/.test(line))
  const tabs = dovecot !== undefined && /^V\t2/.test(dovecot)
  return lines.map((line) => {
    const levels = line.split(tabs ? '\t' : /[./]/).map((level) => decodedLevel(level).name)
    // Courier's folders are all below INBOX in its own listing; in the files they are not.
    if (dovecot === undefined && levels[0] === 'INBOX' && levels.length > 1) levels.shift()
    return canonicalMailboxName(levels.join('/'))
  })
}

/** A Maildir or Maildir++ on disk, of Dovecot, Courier or another. Files that the old server changes meanwhile are read as they are. */
export function maildirSource(
  root: string,
  format: string = UIDL_FORMATS.dovecot,
  options: ReadingOptions = USUAL,
): Source {
  const uidlOf = uidlFormat(format)
  if (!uidlOf) throw new Error(`the UIDL format ${format} has other variables than %u, %v, %f and %g`)
  const passedOver = createPassedOver()
  const tree = openTree(root, passedOver, options)
  const folders = foldersOf(tree)
  if (folders.length === 0) {
    const [other] = passedOver.list().filter(({ mayBeMail }) => mayBeMail)
    throw new Error(
      `${root} is no Maildir: ${other ? `${other.path}: ${other.why}` : 'no folder with cur or new is in it'}`,
    )
  }
  return {
    name: `Maildir ${root}`,
    subscriptions: async () => subscribedNames(tree),
    close: async () => undefined,
    passedOver: () => passedOver.list(),
    async *mailboxes() {
      for (const folder of folders) {
        const remarks = createRemarks()
        if (folder.oddName)
          remarks.add(`${tree.named(folder.directory)}: its name is no modified UTF-7; it was taken as it stands`)
        const reading: Reading = { tree, folder, largest: options.largest, remarks }
        const numbers = numbersOf(tree, folder.directory, uidlOf)
        const { index } = numbers
        const files = filesOf(folder, numbers)
        const mailbox: SourceMailbox = {
          name: folder.name,
          uids: index && { validity: uidValidity(index.validity), next: uid(nextUid(numbers, files)) },
          specialUse: usualUse(folder.name),
          count: files.length,
          doubts: () => remarks.list(),
          async *messages(from) {
            yield* messagesOf(reading, files, numbers, from)
          },
        }
        yield mailbox
      }
    },
  }
}
