import type { Mailbox, MessageRow, Store } from '../store/store'
import { withPublicFlags } from '../terms/flags'
import type { AccountId } from '../terms/names'
import { uid } from '../terms/numbers'

export interface Exported {
  readonly row: MessageRow
  readonly octets: Buffer
}

/** `octets` undefined: deleted while the export ran */
type Read = Omit<Exported, 'octets'> & { readonly octets: Buffer | undefined }

/** Every message of a mailbox in order of UID; memory holds a batch of rows and one message. */
export async function* messagesOf(store: Store, account: AccountId, mailbox: Mailbox): AsyncGenerator<Read> {
  const snapshot = await store.messages.snapshot(account, mailbox.id)
  for await (const rows of store.messages.rows(account, mailbox.id, Array.from(snapshot?.uids ?? [], uid))) {
    for (const row of rows) {
      const octets = await store.messages.read(account, row.emailId, 0, row.size)
      yield { row: withPublicFlags(row), octets }
    }
  }
}

export const gone = (messages: number): readonly string[] =>
  messages === 0 ? [] : [`${messages} messages were deleted meanwhile`]

export interface ExportReport {
  readonly name: string
  readonly messages: number
  /** what is not in the files */
  readonly notes: readonly string[]
}
