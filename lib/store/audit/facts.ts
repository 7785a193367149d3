import { areAnnotations } from '../records/annotations'
import type { RecordKind } from '../records/records'
import type {
  BinnedTransfer,
  ChangeTransfer,
  EntryTransfer,
  MailboxTransfer,
  MessageTransfer,
  RecordTransfer,
  ThreadTransfer,
  TransferAccount,
  TransferRow,
} from '../transfer'

/** What a message has beside its octets, without the octets: enough to see whether all fits together. */
interface MessageFacts {
  readonly kind: 'message'
  readonly message: number
  readonly entries: number
  readonly thread: number
  /** undefined: its search keys are missing */
  readonly messageId: string | undefined
  /** the first octets of what is prepared, and its length; undefined: missing */
  readonly prepared: { readonly head: Buffer; readonly length: number } | undefined
}
/** How many octets are kept for a message. */
interface OctetsFacts {
  readonly kind: 'octets'
  readonly message: number
  readonly size: number
  /** they are not those that were stored, or cannot be read */
  readonly damaged?: boolean
}
type IndexRow = MailboxTransfer | EntryTransfer | ThreadTransfer | ChangeTransfer | BinnedTransfer
export type AuditRow = Exclude<TransferRow, MessageTransfer> | MessageFacts | OctetsFacts

export interface MendedMessage {
  readonly message: number
  readonly entries: number
  readonly thread: number
  readonly prepare: boolean
}

/** An account as it has to be. */
export interface Mended {
  readonly account: TransferAccount
  /** all of them */
  readonly index: readonly IndexRow[]
  /** records that are missing, or are in the place of others; the rest stays */
  readonly records: readonly RecordTransfer[]
  /** those that change; `prepare`: from their octets anew */
  readonly messages: readonly MendedMessage[]
  /** messages of which nothing is left but a number */
  readonly gone: readonly number[]
}

export interface Audit {
  /** in words; empty: all invariants hold */
  readonly faults: readonly string[]
  readonly mended: Mended
}

export type Box = { -readonly [K in keyof MailboxTransfer]: MailboxTransfer[K] }
export type Binned = { -readonly [K in keyof BinnedTransfer]: BinnedTransfer[K] }
export type Entry = { -readonly [K in keyof EntryTransfer]: EntryTransfer[K] }
export type Owner = { -readonly [K in keyof TransferAccount]: TransferAccount[K] }

/** The rows of an account by kind; what an audit changes are copies. */
export interface Gathered {
  readonly boxes: Map<number, Box>
  readonly entries: Entry[]
  readonly binned: Binned[]
  readonly threads: ThreadTransfer[]
  readonly changes: ChangeTransfer[]
  /** names of the account's records of a kind */
  readonly records: Map<RecordKind, Set<string>>
  /** records of which the value makes no sense */
  readonly unreadable: Pick<RecordTransfer, 'record' | 'key'>[]
  readonly messages: Map<number, MessageFacts>
  readonly octets: Map<number, number>
  readonly damaged: number[]
}

export async function gather(rows: AsyncIterable<AuditRow> | Iterable<AuditRow>): Promise<Gathered> {
  const all: Gathered = {
    boxes: new Map(),
    entries: [],
    binned: [],
    threads: [],
    changes: [],
    records: new Map(),
    unreadable: [],
    messages: new Map(),
    octets: new Map(),
    damaged: [],
  }
  for await (const row of rows) {
    switch (row.kind) {
      case 'mailbox':
        all.boxes.set(row.mailbox, { ...row })
        break
      case 'entry':
        all.entries.push({ ...row })
        break
      case 'thread':
        all.threads.push(row)
        break
      case 'change':
        all.changes.push(row)
        break
      case 'record':
        all.records.set(row.record, (all.records.get(row.record) ?? new Set()).add(row.key))
        if (row.record === 'annotation' && !areAnnotations(row.value)) all.unreadable.push(row)
        break
      case 'binned':
        all.binned.push({ ...row })
        break
      case 'message':
        all.messages.set(row.message, row)
        break
      case 'octets':
        all.octets.set(row.message, row.size)
        if (row.damaged) all.damaged.push(row.message)
    }
  }
  return all
}
