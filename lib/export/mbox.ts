import type { Mailbox, Store } from '../store/store'
import type { AccountId } from '../terms/names'
import { mboxRecord } from './mbox-record'
import { type ExportReport, gone, messagesOf } from './messages'
import { openPlace } from './place'

/** UIDVALIDITY, the last UID, and all keywords: Dovecot and UW IMAP believe X-Keywords only of those that stand here. */
async function baseOf(store: Store, account: AccountId, mailbox: Mailbox): Promise<string> {
  const snapshot = await store.messages.snapshot(account, mailbox.id)
  const keywords = new Set(
    [...(snapshot?.flagSets ?? [])].flatMap(({ names }) => names.filter((flag) => !flag.startsWith('\\'))),
  )
  return [mailbox.uidValidity, mailbox.uidNext - 1, ...keywords].join(' ')
}

/** A mailbox a file, `Sent/2024.mbox`, with the header lines that UW IMAP and Dovecot keep UIDs and flags in. */
export async function exportMbox(
  store: Store,
  account: AccountId,
  root: string,
  wanted: (mailbox: Mailbox) => boolean,
): Promise<readonly ExportReport[]> {
  const place = openPlace(root)
  const reports: ExportReport[] = []
  for (const mailbox of await store.mailboxes.list(account)) {
    if (!wanted(mailbox)) continue
    const levels = mailbox.name.split('/').map((level) => (level === '.' || level === '..' ? `_${level}` : level))
    const folder = place.folder(...levels.slice(0, -1))
    const out = await place.create(`${folder}/${levels.at(-1)}.mbox`)
    const base = await baseOf(store, account, mailbox)
    let messages = 0
    let left = 0
    try {
      for await (const message of messagesOf(store, account, mailbox)) {
        if (message.octets === undefined) left++
        else
          await out.writeFile(mboxRecord({ ...message, octets: message.octets }, messages++ === 0 ? base : undefined))
      }
    } finally {
      await out.close()
    }
    reports.push({ name: mailbox.name, messages, notes: gone(left) })
  }
  return reports
}
