import { mkdirSync } from 'node:fs'
import { open } from 'node:fs/promises'
import path from 'node:path'
import type { Mailbox, Store } from '../store/store'
import type { AccountId } from '../terms/names'
import { type Exported, type ExportReport, messagesOf } from './messages'

/** RFC 4155 asks for asctime in UTC: `Thu Jan  1 00:00:00 1970`. */
function asctime(at: number): string {
  const [day = '', date = '', month = '', year = '', time = ''] = new Date(at).toUTCString().split(/,? /)
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`
}

const EVEN = /^(?:[^\r\n]*\r\n)*[^\r\n]*$/
/** Octets as lines of the file: LF only, except where that could not be undone. */
function asLines(text: string): string {
  return EVEN.test(text) ? text.replace(/\r\n/g, '\n') : text
}

function record({ row, uidl, octets }: Exported, mailbox: Mailbox, first: boolean): Buffer {
  const text = asLines(octets.toString('latin1'))
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const [, sender = 'MAILER-DAEMON'] = /^return-path:[ \t]*<([^>\s]+)>/im.exec(text.slice(0, 4096)) ?? []
  const { flags } = row
  const status = `${flags.has('\\Seen') ? 'R' : ''}O`
  const letters = [
    flags.has('\\Answered') ? 'A' : '',
    flags.has('\\Flagged') ? 'F' : '',
    flags.has('\\Draft') ? 'T' : '',
    flags.has('\\Deleted') ? 'D' : '',
  ].join('')
  const head = [
    `From ${sender} ${asctime(row.internalDate)}`,
    ...(first ? [`X-IMAPbase: ${mailbox.uidValidity} ${mailbox.uidNext - 1}`] : []),
    `X-UID: ${row.uid}`,
    `X-UIDL: ${uidl}`,
    `Status: ${status}`,
    ...(letters === '' ? [] : [`X-Status: ${letters}`]),
    ...flags.names.filter((flag) => !flag.startsWith('\\')).map((flag) => `X-Keywords: ${flag}`),
  ]
  // mboxrd: a `>` more before every line that could be taken for a beginning.
  const body = text.replace(/^(>*From )/gm, '>$1')
  const end = /\n$/.test(body) ? '' : eol
  return Buffer.from(`${head.join(eol)}${eol}${body}${end}${eol}`, 'latin1')
}

/** A mailbox a file, `Sent/2024.mbox`, with the header lines that UW IMAP and Dovecot keep UIDs and flags in. */
export async function exportMbox(
  store: Store,
  account: AccountId,
  root: string,
  wanted: (mailbox: Mailbox) => boolean,
): Promise<readonly ExportReport[]> {
  const reports: ExportReport[] = []
  for (const mailbox of await store.mailboxes.list(account)) {
    if (!wanted(mailbox)) continue
    const levels = mailbox.name.split('/').map((level) => (level === '.' || level === '..' ? `_${level}` : level))
    const file = path.join(root, `${levels.join('/')}.mbox`)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    const out = await open(file, 'wx', 0o600)
    let messages = 0
    try {
      for await (const message of messagesOf(store, account, mailbox)) {
        await out.write(record(message, mailbox, messages === 0))
        messages++
      }
    } finally {
      await out.close()
    }
    reports.push({ name: mailbox.name, messages, notes: [] })
  }
  return reports
}
