import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Mailbox, MessageRow } from '../../mailbox/vocabulary'
import { mailboxId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import { notFound, unwrap } from '../../web/kernel/faults'
import { list, whole } from '../../web/kernel/schema'

/** What most mail routes begin with. */

export const uidList = () => list(whole(1, 0xffff_ffff), 20_000)
export const uidsOf = (numbers: readonly number[]): Uid[] =>
  [...new Set(numbers)].sort((a, b) => a - b).map((number) => uid(number))

export async function mailboxById(mail: AccountMail, id: string): Promise<Mailbox> {
  const mailbox = await mail.findById(mailboxId(id))
  if (!mailbox) throw notFound('mailbox')
  return mailbox
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

/** The row of one message, while its mailbox is open. @param params `mailbox` and `uid` of a path */
export const withRow = <T>(
  mail: AccountMail,
  { mailbox = '', uid: number = '' }: Readonly<Record<string, string>>,
  run: (row: MessageRow, view: View) => Promise<T>,
): Promise<T> => withView(mail, mailbox, async (view) => run(await rowOf(mail, view, number), view))
