import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Mailbox, MessageRow, SpecialUse } from '../../store/store'
import { fold } from '../../terms/casemap'
import { mailboxId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import { notFound, unwrap } from '../../web/kernel/faults'
import { list, object, whole } from '../../web/kernel/schema'

/** What most mail routes begin with. */

export const uidList = () => list(whole(1, 0xffff_ffff), 20_000)
export const uidsBody = object({ uids: uidList() })
export const uidsOf = (numbers: readonly number[]): Uid[] =>
  [...new Set(numbers)].sort((a, b) => a - b).map((number) => uid(number))

export async function mailboxById(mail: AccountMail, id: string): Promise<Mailbox> {
  const mailbox = await mail.findById(mailboxId(id))
  if (!mailbox) throw notFound('mailbox')
  return mailbox
}

const ROLES: Readonly<Record<string, SpecialUse>> = {
  sent: '\\Sent',
  drafts: '\\Drafts',
  trash: '\\Trash',
  archive: '\\Archive',
  junk: '\\Junk',
  spam: '\\Junk',
}

/** As people name them: by the whole name, by its last part, or by what it is for. */
export async function mailboxNamed(mail: AccountMail, typed: string): Promise<Mailbox | undefined> {
  const wanted = fold(typed)
  const all = await mail.mailboxes()
  const use = ROLES[typed.toLowerCase()]
  return (
    all.find(({ name }) => name === typed) ??
    all.find(({ name }) => fold(name) === wanted) ??
    all.find(({ specialUse }) => use !== undefined && specialUse.includes(use)) ??
    all.find(({ name }) => fold(name.slice(name.lastIndexOf('/') + 1)) === wanted)
  )
}

/** Opens the mailbox, brings it up to date and closes it again. */
export async function withView<T>(mail: AccountMail, id: string, run: (view: View) => Promise<T>): Promise<T> {
  const view = unwrap(await mail.openById(mailboxId(id), 'peek'))
  try {
    await view.sync('say')
    return await run(view)
  } finally {
    view.close()
  }
}

export async function rowsOf(mail: AccountMail, view: View, uids: readonly Uid[]): Promise<MessageRow[]> {
  const rows: MessageRow[] = []
  for await (const batch of mail.rows(view, uids)) rows.push(...batch)
  return rows
}

export async function rowOf(mail: AccountMail, view: View, number: string): Promise<MessageRow> {
  if (!/^[1-9]\d{0,9}$/.test(number)) throw notFound('message')
  const [row] = await rowsOf(mail, view, [uid(Number(number))])
  if (!row) throw notFound('message')
  return row
}

/** By special use, else by name; made when it is missing. */
export async function mailboxFor(
  mail: AccountMail,
  use: '\\Sent' | '\\Drafts' | '\\Trash' | '\\Archive' | '\\Junk',
): Promise<Mailbox> {
  const found = (await mail.mailboxes()).find(({ specialUse }) => specialUse.includes(use))
  if (found) return found
  const name = use.slice(1)
  return (await mail.find(name)) ?? unwrap(await mail.create(name, [use]))
}
