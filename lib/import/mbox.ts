import { createReadStream, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { canonicalMailboxName } from '../terms/names'
import { uid, uidValidity } from '../terms/numbers'
import { madeUidl } from './maildir-names'
import { crlf, type Source, type SourceMailbox, type SourceMessage, usualUse } from './source'

const SEPARATOR = Buffer.from('\nFrom ')
const LF = 0x0a
const CR = 0x0d

/** RFC 4155: a line that begins with `From ` after an empty line begins a message. */
function separatorIn(octets: Buffer, from: number): number {
  for (let at = octets.indexOf(SEPARATOR, from); at >= 0; at = octets.indexOf(SEPARATOR, at + 1)) {
    const before = octets[at - 1] === CR ? at - 2 : at - 1
    if (octets[before] === LF) return at + 1
  }
  return -1
}

/** The messages of a file with their `From ` line, one after another; memory holds one message and a piece of the file. */
async function* split(file: string): AsyncGenerator<Buffer> {
  let rest = Buffer.alloc(0)
  for await (const piece of createReadStream(file, { highWaterMark: 1024 * 1024 })) {
    const searched = Math.max(0, rest.length - SEPARATOR.length - 2)
    rest = Buffer.concat([rest, piece])
    let from = searched
    for (let at = separatorIn(rest, from); at >= 0; at = separatorIn(rest, from)) {
      yield rest.subarray(0, at)
      rest = rest.subarray(at)
      from = 0
    }
  }
  if (rest.length > 0) yield rest
}

/** What mail programs and servers keep in the header of an mbox; none of it is the message's own. */
const KEPT = /^(status|x-status|x-keywords|x-uid|x-uidl|x-imap|x-imapbase|content-length):[ \t]*(.*?)\s*$/i

export interface MboxMessage {
  readonly octets: Buffer
  readonly envelopeDate: number | undefined
  readonly kept: ReadonlyMap<string, string>
}

export function parseMboxMessage(raw: Buffer): MboxMessage {
  const lineEnd = raw.indexOf(LF)
  const [, date = ''] = /^From \S* *(.*?)\r?$/.exec(raw.toString('latin1', 0, Math.max(0, lineEnd))) ?? []
  const parsed = Date.parse(/[+-]\d{4}|UTC|GMT/.test(date) ? date : `${date} UTC`)
  const message = raw.subarray(lineEnd + 1)
  // The empty line before the next separator belongs to the format.
  const end = message.length - (message.at(-1) === LF ? (message.at(-2) === CR ? 2 : 1) : 0)
  const kept = new Map<string, string>()
  const pieces: Buffer[] = []
  let inHeader = true
  let last: string | undefined
  for (let start = 0; start < end; ) {
    const feed = message.indexOf(LF, start)
    const next = feed < 0 || feed >= end ? end : feed + 1
    if (inHeader) {
      const line = message.toString('latin1', start, next).replace(/\r?\n$/, '')
      if (line === '') inHeader = false
      const folded = /^[ \t]/.test(line) && last !== undefined
      const [, name = folded ? last : undefined, value = line] = KEPT.exec(line) ?? []
      last = name
      if (name === undefined) pieces.push(message.subarray(start, next))
      else kept.set(name.toLowerCase(), `${kept.get(name.toLowerCase()) ?? ''} ${value.trim()}`.trim())
    } else {
      // mboxrd: one `>` less before `From `.
      const quoted =
        message[start] === 0x3e && /^>+From /.test(message.toString('latin1', start, Math.min(next, start + 80)))
      pieces.push(message.subarray(quoted ? start + 1 : start, next))
    }
    start = next
  }
  return { octets: crlf(Buffer.concat(pieces)), envelopeDate: Number.isNaN(parsed) ? undefined : parsed, kept }
}

const LETTERS: Readonly<Record<string, string>> = { A: '\\Answered', F: '\\Flagged', T: '\\Draft', D: '\\Deleted' }

function flagsOf(kept: ReadonlyMap<string, string>): readonly string[] {
  const status = [...`${kept.get('status') ?? ''}${kept.get('x-status') ?? ''}`]
  const keywords = (kept.get('x-keywords') ?? '').split(/\s+/).filter((word) => word !== '')
  return [...status.flatMap((letter) => (letter === 'R' ? '\\Seen' : (LETTERS[letter] ?? []))), ...keywords]
}

async function* messagesOf(file: string, withUids: boolean): AsyncGenerator<SourceMessage> {
  const fallback = statSync(file).mtimeMs
  let count = 0
  let nextUid = 1
  for await (const raw of split(file)) {
    const label = `${path.basename(file)} ${++count}`
    const { octets, envelopeDate, kept } = parseMboxMessage(raw)
    const own = withUids ? Math.max(nextUid, Number(kept.get('x-uid')) || 0) : undefined
    if (own !== undefined) nextUid = own + 1
    yield {
      label,
      uid: own === undefined ? undefined : uid(own),
      uidl: kept.get('x-uidl') || (withUids ? undefined : madeUidl(String(count), octets)),
      flags: flagsOf(kept),
      internalDate: envelopeDate ?? fallback,
      read: async () => octets,
    }
  }
}

/** `X-IMAPbase: <uidvalidity> <last uid>` in the first message, as UW IMAP and Dovecot keep it. */
async function survey(file: string): Promise<Pick<SourceMailbox, 'count' | 'uids'>> {
  let count = 0
  let base: readonly number[] = []
  for await (const raw of split(file)) {
    if (count++ > 0) continue
    const { kept } = parseMboxMessage(raw)
    base = (kept.get('x-imapbase') ?? kept.get('x-imap') ?? '').split(/\s+/).map(Number)
  }
  const [validity = 0, last = 0] = base
  return { count, uids: validity > 0 ? { validity: uidValidity(validity), next: uid(last + 1) } : undefined }
}

function filesOf(root: string, into: string): readonly { file: string; name: string }[] {
  if (statSync(root).isFile()) return [{ file: root, name: into }]
  return readdirSync(root, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith('.'))
    .map((entry) => path.join(entry.parentPath, entry.name))
    .sort()
    .map((file) => ({
      file,
      name: canonicalMailboxName(
        path
          .relative(root, file)
          .replace(/\.mbox$/i, '')
          .normalize('NFC'),
      ),
    }))
}

/** One mbox file, or a folder of them: a mailbox each, named as the file without `.mbox`. */
export function mboxSource(root: string, into: string): Source {
  return {
    name: `mbox ${root}`,
    subscriptions: async () => [],
    close: async () => undefined,
    async *mailboxes() {
      for (const { file, name } of filesOf(root, into)) {
        const { count, uids } = await survey(file)
        yield { name, uids, count, specialUse: usualUse(name), messages: () => messagesOf(file, uids !== undefined) }
      }
    },
  }
}
