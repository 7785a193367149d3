import { lstatSync } from 'node:fs'
import path from 'node:path'
import type { Mailbox, Store } from '../store/store'
import { encodeMailboxName } from '../terms/modified-utf7'
import type { AccountId } from '../terms/names'
import { type ExportReport, gone, messagesOf } from './messages'
import { openPlace, type Place } from './place'

const LETTERS: readonly (readonly [string, string])[] = [
  ['\\Draft', 'D'],
  ['\\Flagged', 'F'],
  ['$Forwarded', 'P'],
  ['\\Answered', 'R'],
  ['\\Seen', 'S'],
  ['\\Deleted', 'T'],
]
const isPlain = (flag: string): boolean => !LETTERS.some(([name]) => name.toLowerCase() === flag.toLowerCase())
/** A dovecot-keywords file has the letters a to z. */
const MOST_KEYWORDS = 26

/** Maildir++: `.Sent.2024` beside cur; a dot in a level is written in modified UTF-7. */
function folderOf(name: string): readonly string[] {
  if (name === 'INBOX') return []
  const levels = name.split('/').map((level) => encodeMailboxName(level).replace(/\./g, '&AC4-'))
  return [`.${levels.join('.')}`]
}

/** @param time of the file, in seconds since 1970 */
async function write(place: Place, at: string, content: Buffer | string, time?: number): Promise<void> {
  const file = await place.create(at)
  try {
    await file.writeFile(content)
    if (time !== undefined) await file.utimes(time, time)
  } finally {
    await file.close()
  }
}

function bareLineFeeds(octets: Buffer): number {
  let count = 0
  for (let at = octets.indexOf(0x0a); at >= 0; at = octets.indexOf(0x0a, at + 1)) if (octets[at - 1] !== 0x0d) count++
  return count
}

async function exportMailbox(store: Store, account: AccountId, mailbox: Mailbox, place: Place): Promise<ExportReport> {
  const levels = folderOf(mailbox.name)
  const directory = place.folder(...levels)
  const [cur = ''] = ['cur', 'new', 'tmp'].map((part) => place.folder(...levels, part))
  const keywords: string[] = []
  const left = new Set<string>()
  const list: string[] = []
  const letterOf = (flag: string): string => {
    const known = keywords.findIndex((one) => one.toLowerCase() === flag.toLowerCase())
    if (known >= 0) return String.fromCharCode(97 + known)
    if (keywords.length < MOST_KEYWORDS) return String.fromCharCode(96 + keywords.push(flag))
    left.add(flag)
    return ''
  }
  let messages = 0
  let lost = 0
  for await (const { row, octets } of messagesOf(store, account, mailbox)) {
    if (octets === undefined) {
      lost++
      continue
    }
    const seconds = Math.floor(row.internalDate / 1000)
    const bare = bareLineFeeds(octets)
    // Dovecot shows each LF as CRLF; the import here takes a file of the second name as it stands.
    const host = bare === 0 ? 'export' : 'octets'
    const base = `${seconds}.M${row.uid}V${mailbox.uidValidity}.${host},S=${octets.length},W=${octets.length + bare}`
    const system = LETTERS.filter(([flag]) => row.flags.has(flag)).map(([, letter]) => letter)
    const own = row.flags.names.filter(isPlain).map(letterOf).sort()
    const time = row.internalDate / 1000
    await write(place, path.join(cur, `${base}:2,${[...system, ...own].join('')}`), octets, time)
    list.push(`${row.uid} P${row.uidl} :${base}`)
    messages++
  }
  // Dovecot reads the same files: its users see the same UIDs and UIDLs.
  const head = `3 V${mailbox.uidValidity} N${mailbox.uidNext}`
  await write(place, path.join(directory, 'dovecot-uidlist'), [head, ...list, ''].join('\n'))
  if (keywords.length > 0) {
    const lines = keywords.map((keyword, index) => `${index} ${keyword}`)
    await write(place, path.join(directory, 'dovecot-keywords'), `${lines.join('\n')}\n`)
  }
  const notes =
    left.size > 0 ? [`a Maildir has room for ${MOST_KEYWORDS} keywords; left out: ${[...left].join(' ')}`] : []
  return { name: mailbox.name, messages, notes: [...notes, ...gone(lost)] }
}

/** Writes an account, or some of its mailboxes, as Maildir++ with Dovecot's index files into a folder that has no mail yet. */
export async function exportMaildir(
  store: Store,
  account: AccountId,
  root: string,
  wanted: (mailbox: Mailbox) => boolean,
): Promise<readonly ExportReport[]> {
  const place = openPlace(root)
  if (lstatSync(path.join(root, 'cur'), { throwIfNoEntry: false }))
    throw new Error(`${root} is a Maildir already; nothing was written`)
  const reports: ExportReport[] = []
  for (const mailbox of await store.mailboxes.list(account)) {
    if (wanted(mailbox)) reports.push(await exportMailbox(store, account, mailbox, place))
  }
  const names = (await store.subscriptions.list(account)).map((name) =>
    name.split('/').map(encodeMailboxName).join('\t'),
  )
  await write(place, path.join(root, 'subscriptions'), ['V\t2', '', ...names, ''].join('\n'))
  return reports
}
