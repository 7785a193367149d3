import { existsSync, mkdirSync } from 'node:fs'
import { utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Mailbox, Store } from '../store/store'
import { encodeMailboxName } from '../terms/modified-utf7'
import type { AccountId } from '../terms/names'
import { type ExportReport, messagesOf } from './messages'

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
function folderOf(root: string, name: string): string {
  if (name === 'INBOX') return root
  const levels = name.split('/').map((level) => encodeMailboxName(level).replace(/\./g, '&AC4-'))
  return path.join(root, `.${levels.join('.')}`)
}

async function exportMailbox(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  directory: string,
): Promise<ExportReport> {
  for (const part of ['cur', 'new', 'tmp']) mkdirSync(path.join(directory, part), { recursive: true, mode: 0o700 })
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
  for await (const { row, uidl, octets } of messagesOf(store, account, mailbox)) {
    const seconds = Math.floor(row.internalDate / 1000)
    const base = `${seconds}.M${row.uid}V${mailbox.uidValidity}.export,S=${octets.length},W=${octets.length}`
    const system = LETTERS.filter(([flag]) => row.flags.has(flag)).map(([, letter]) => letter)
    const own = row.flags.names.filter(isPlain).map(letterOf).sort()
    const file = path.join(directory, 'cur', `${base}:2,${[...system, ...own].join('')}`)
    await writeFile(file, octets, { flag: 'wx', mode: 0o600 })
    await utimes(file, row.internalDate / 1000, row.internalDate / 1000)
    list.push(`${row.uid} P${uidl} :${base}`)
    messages++
  }
  // Dovecot reads the same files: its users see the same UIDs and UIDLs.
  const head = `3 V${mailbox.uidValidity} N${mailbox.uidNext}`
  await writeFile(path.join(directory, 'dovecot-uidlist'), [head, ...list, ''].join('\n'), { mode: 0o600 })
  if (keywords.length > 0) {
    const lines = keywords.map((keyword, index) => `${index} ${keyword}`)
    await writeFile(path.join(directory, 'dovecot-keywords'), `${lines.join('\n')}\n`, { mode: 0o600 })
  }
  const notes =
    left.size > 0 ? [`a Maildir has room for ${MOST_KEYWORDS} keywords; left out: ${[...left].join(' ')}`] : []
  return { name: mailbox.name, messages, notes }
}

/** Writes an account, or some of its mailboxes, as Maildir++ with Dovecot's index files into a folder that has no mail yet. */
export async function exportMaildir(
  store: Store,
  account: AccountId,
  root: string,
  wanted: (mailbox: Mailbox) => boolean,
): Promise<readonly ExportReport[]> {
  if (existsSync(path.join(root, 'cur'))) throw new Error(`${root} is a Maildir already; nothing was written`)
  const reports: ExportReport[] = []
  for (const mailbox of await store.mailboxes.list(account)) {
    if (wanted(mailbox)) reports.push(await exportMailbox(store, account, mailbox, folderOf(root, mailbox.name)))
  }
  const names = (await store.subscriptions.list(account)).map((name) =>
    name.split('/').map(encodeMailboxName).join('\t'),
  )
  await writeFile(path.join(root, 'subscriptions'), ['V\t2', '', ...names, ''].join('\n'), { mode: 0o600 })
  return reports
}
