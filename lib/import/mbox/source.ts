import { createHash } from 'node:crypto'
import { statSync } from 'node:fs'
import path from 'node:path'
import { textOf } from '../../terms/errors'
import { canonicalMailboxName } from '../../terms/names'
import { uid, uidValidity } from '../../terms/numbers'
import { madeUidl } from '../maildir/names'
import { createPassedOver, createRemarks, type PassedOverList, type Remarks } from '../remarks'
import { type ReadingOptions, type Source, type SourceMailbox, type SourceMessage, USUAL, usualUse } from '../source'
import { NotTaken, openFile, openTree, type Tree, tooLarge } from '../tree'
import { borders, type MboxIndex } from './borders'
import { mboxFile } from './file'
import { isEmptyMbox, whyNoMbox } from './kind'
import { flagsOf, isExpunged, isInternal, type MboxMessage, parseMboxMessage } from './message'

/** A file of this size that is nearly all holes is no mailbox, and takes an hour to read. */
const SPARSE_OCTETS = 1024 ** 3

interface Found {
  /** below the source's folder, for people */
  readonly label: string
  readonly at: string
  readonly mailbox: string
  /** where it has to lie */
  readonly top: string | undefined
}

interface Surveyed extends MboxIndex {
  readonly uids: SourceMailbox['uids']
  /** the first message is UW's own */
  readonly hasInternal: boolean
}

const NOTHING: Surveyed = { starts: [], ends: [], unquoted: false, uids: undefined, hasInternal: false }

/** Where the messages of a file are; a file that is no mbox is named, and undefined. */
async function survey(
  found: Found,
  isAlone: boolean,
  remarks: Remarks,
  passedOver: PassedOverList,
): Promise<Surveyed | undefined> {
  const handle = await openFile(found.at, found.top)
  try {
    const { size, blocks } = await handle.stat()
    if (size > SPARSE_OCTETS && blocks * 512 < size / 100) {
      throw new NotTaken('it says that it has many octets, but nearly none of them are on the disk (a sparse file)')
    }
    const name = path.basename(found.at)
    if (size === 0 && isEmptyMbox(name, isAlone)) return NOTHING
    const file = mboxFile(handle, size)
    const index = size === 0 ? undefined : await borders(file, found.label, remarks)
    if (!index) {
      const { why, mayBeMail } = size === 0 ? { why: 'it is empty', mayBeMail: false } : await whyNoMbox(file, name)
      passedOver.add(found.label, why, mayBeMail || isAlone)
      return undefined
    }
    const [start = 0] = index.starts
    // The header is enough.
    const first = parseMboxMessage(Buffer.from(await file.at(start, Math.min((index.ends[0] ?? 0) - start, 64 * 1024))))
    return { ...index, uids: uidsOf(first), hasInternal: isInternal(first) }
  } finally {
    await handle.close()
  }
}

/** `X-IMAPbase: <uidvalidity> <last uid>` in the first message, as UW IMAP and Dovecot keep it. */
function uidsOf({ kept }: MboxMessage): SourceMailbox['uids'] {
  const [validity = 0, last = 0] = (kept.get('x-imapbase') ?? kept.get('x-imap') ?? '').split(/\s+/).map(Number)
  const isNumber = (number: number): boolean => Number.isInteger(number) && number >= 0 && number < 2 ** 32 - 1
  return validity > 0 && isNumber(validity) && isNumber(last)
    ? { validity: uidValidity(validity), next: uid(last + 1) }
    : undefined
}

async function* messagesOf(
  found: Found,
  index: Surveyed,
  largest: number,
  passedOver: PassedOverList,
): AsyncGenerator<SourceMessage> {
  const { starts, ends, unquoted, hasInternal } = index
  const withUids = index.uids !== undefined
  const fallback = Math.floor(statSync(found.at).mtimeMs)
  const seen = new Map<string, number>()
  const handle = await openFile(found.at, found.top)
  const file = mboxFile(handle, index.ends.at(-1) ?? 0)
  let nextUid = 1
  let expunged = 0
  try {
    for (let place = hasInternal ? 1 : 0; place < starts.length; place++) {
      const [start = 0, end = 0] = [starts[place], ends[place]]
      const label = `${found.label} ${place + (hasInternal ? 0 : 1)}`
      if (end - start > largest) {
        yield broken(`${label}, octet ${start}`, tooLarge(end - start, largest), withUids ? nextUid++ : undefined)
        continue
      }
      const raw = await file.at(start, end - start)
      if (raw.length < end - start || raw.toString('latin1', 0, 5) !== 'From ') {
        throw new Error(`${found.label} was changed while it was read; run the import again`)
      }
      const { octets, envelopeDate, kept } = parseMboxMessage(raw, unquoted)
      if (isExpunged(kept)) {
        expunged++
        continue
      }
      const own = withUids ? Math.max(nextUid, uidOf(kept)) : undefined
      if (own !== undefined) nextUid = own + 1
      yield {
        label,
        uid: own === undefined ? undefined : uid(own),
        uidl: kept.get('x-uidl') || (withUids ? undefined : ownIdentity(octets, seen)),
        flags: flagsOf(kept),
        internalDate: envelopeDate ?? fallback,
        read: async () => octets,
      }
    }
    if (expunged > 0)
      passedOver.add(`${found.label} (${expunged} messages)`, 'deleted there, and not yet compacted', false)
  } finally {
    await handle.close()
  }
}

const uidOf = (kept: ReadonlyMap<string, string>): number => Number(/^\d{1,9}$/.exec(kept.get('x-uid') ?? '')?.[0] ?? 0)

/** The same at each reading, also when messages before it have gone; equal messages are counted. */
function ownIdentity(octets: Buffer, seen: Map<string, number>): string {
  const hash = createHash('sha256').update(octets).digest('base64')
  const count = (seen.get(hash) ?? 0) + 1
  seen.set(hash, count)
  return madeUidl(String(count), hash)
}

function broken(label: string, why: string, number: number | undefined): SourceMessage {
  return {
    label,
    uid: number === undefined ? undefined : uid(number),
    uidl: undefined,
    flags: [],
    internalDate: 0,
    read: () => Promise.reject(new NotTaken(why)),
  }
}

/**
 * The files of a folder: a mailbox each, named as the file without `.mbox`. Thunderbird keeps what is below `Inbox` in `Inbox.sbd`;
 * Apple Mail exports `Name.mbox/mbox`.
 */
function filesOf(tree: Tree): readonly Found[] {
  const found: Found[] = []
  const walk = (folder: string, levels: readonly string[]): void => {
    const entries = tree.entries(folder)
    const names = new Set(entries.map(({ name }) => name))
    for (const { name, at, kind } of entries) {
      if (kind === 'folder') {
        const above = name.replace(/\.sbd$/, '')
        walk(at, [...levels, above !== name && (names.has(above) || names.has(`${above}.msf`)) ? above : name])
        continue
      }
      const isApple = name === 'mbox' && /.\.mbox$/i.test(levels.at(-1) ?? '')
      const own = isApple ? levels : [...levels, name]
      const mailbox = own
        .join('/')
        .replace(/\.mbox$/i, '')
        .normalize('NFC')
      found.push({ label: tree.named(at), at, mailbox: canonicalMailboxName(mailbox), top: tree.top })
    }
  }
  walk(tree.root, [])
  return found
}

/** One mbox file, or a folder of them. */
export function mboxSource(root: string, into: string, options: ReadingOptions = USUAL): Source {
  const passedOver = createPassedOver()
  const kind = statSync(root, { throwIfNoEntry: false })
  if (!kind) throw new Error(`there is no ${root}`)
  const isAlone = !kind.isDirectory()
  if (isAlone && !kind.isFile()) throw new Error(`${root} is no file and no folder`)
  const files = (): readonly Found[] => {
    if (!isAlone) return filesOf(openTree(root, passedOver, options))
    return [{ label: path.basename(root), at: root, mailbox: into, top: undefined }]
  }
  return {
    name: `mbox ${root}`,
    subscriptions: async () => [],
    close: async () => undefined,
    passedOver: () => passedOver.list(),
    async *mailboxes() {
      let isEmpty = true
      for (const found of files()) {
        const remarks = createRemarks()
        let index: Surveyed | undefined
        try {
          index = await survey(found, isAlone, remarks, passedOver)
        } catch (error) {
          passedOver.add(found.label, textOf(error), true)
        }
        if (!index) continue
        const surveyed = index
        isEmpty = false
        yield {
          name: found.mailbox,
          uids: index.uids,
          count: index.starts.length - (index.hasInternal ? 1 : 0),
          specialUse: usualUse(found.mailbox),
          doubts: () => remarks.list(),
          messages: () => messagesOf(found, surveyed, options.largest, passedOver),
        }
      }
      if (isEmpty && !isAlone) passedOver.add('.', 'no mbox is in it', true)
    },
  }
}
