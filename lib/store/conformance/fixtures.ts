import type { PreparedMessage } from '../../mime/prepared'
import type { Result } from '../../terms/fault'
import { type FlagSet, flagSet, NO_FLAGS } from '../../terms/flags'
import type { AccountId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import { uidlOf } from '../../terms/uidl'
import type { Mailbox, MessageRow, NewMessage, Store } from '../store'

/** Small messages for the suite; what is prepared of them is made up, stores take it as it is. */
export function message(
  text: string,
  options: { flags?: readonly string[]; messageId?: string; inReplyTo?: string; uidl?: string; uid?: Uid } = {},
): NewMessage {
  const bytes = Buffer.from(`Subject: ${text}\r\n\r\n${text}\r\n`)
  const prepared: PreparedMessage = {
    size: bytes.length,
    headerSize: bytes.indexOf('\r\n\r\n') + 4,
    envelope: Buffer.from(`(NIL "${text}")`),
    bodyStructure: Buffer.from('("text" "plain" extended)'),
    body: Buffer.from('("text" "plain")'),
    structure: {
      type: 'text',
      subtype: 'plain',
      params: [],
      encoding: '7bit',
      headerStart: 0,
      bodyStart: 0,
      bodyEnd: bytes.length,
      lines: 1,
      children: [],
    },
    keys: {
      subject: text.toLowerCase(),
      from: '',
      to: '',
      cc: '',
      bcc: '',
      sentAt: undefined,
      sentDay: undefined,
      messageId: options.messageId ?? '',
      inReplyTo: options.inReplyTo ?? '',
      references: [],
      baseSubject: text,
      isReply: false,
      sortFrom: '',
      sortTo: '',
      sortCc: '',
      displayFrom: '',
      displayTo: '',
    },
    preview: text,
  }
  const flags: FlagSet = options.flags ? flagSet(options.flags) : NO_FLAGS
  return {
    bytes,
    prepared,
    flags,
    internalDate: 1_700_000_000_000,
    ...(options.uidl !== undefined && { uidl: options.uidl }),
    ...(options.uid !== undefined && { uid: options.uid }),
  }
}

/** The value, or an error that names the fault. */
export function value<T>(result: Result<T>): T {
  if (result.ok) return result.value
  throw new Error(`fault ${result.fault.kind}`)
}

export async function newAccount(store: Store, name: string): Promise<{ id: AccountId; inbox: Mailbox }> {
  const { id } = value(await store.accounts.create({ name, credentials: {} }))
  return { id, inbox: await named(store, id, 'INBOX') }
}

export async function named(store: Store, id: AccountId, name: string): Promise<Mailbox> {
  const found = await store.mailboxes.find(id, name)
  if (found) return found
  throw new Error(`no mailbox ${name}`)
}

export async function add(store: Store, id: AccountId, mailbox: Mailbox, ...texts: string[]): Promise<readonly Uid[]> {
  return value(
    await store.messages.append(
      id,
      mailbox.id,
      texts.map((text) => message(text)),
    ),
  ).value
}

export async function rowsOf(store: Store, id: AccountId, mailbox: Mailbox): Promise<MessageRow[]> {
  const snapshot = await store.messages.snapshot(id, mailbox.id)
  const rows: MessageRow[] = []
  // Columns hold plain numbers of UIDs that the store gave.
  const uids = [...(snapshot?.uids ?? [])] as Uid[]
  for await (const batch of store.messages.rows(id, mailbox.id, uids)) rows.push(...batch)
  return rows
}

/** What POP3 tells of each message of a mailbox, or of those above a UID. */
export async function maildropOf(
  store: Store,
  id: AccountId,
  { id: mailbox, uidValidity }: Pick<Mailbox, 'id' | 'uidValidity'>,
  above?: Uid,
): Promise<{ readonly uidl: string; readonly added: number | undefined }[]> {
  const { uids, added, imported } = await store.messages.maildrop(id, mailbox, above)
  return Array.from(uids, (one, at) => ({
    uidl: uidlOf(uidValidity, uid(one), imported.get(one) ?? ''),
    added: added[at],
  }))
}
