import type { AuditRow, Mended } from './audit'
import { gather } from './audit/facts'
import type { TransferAccount } from './transfer'

/** Rows up to the first of a message: the octets of all mail need not be read. */
async function* indexOf(rows: AsyncIterable<AuditRow> | Iterable<AuditRow>): AsyncGenerator<AuditRow> {
  for await (const row of rows) {
    if (row.kind === 'message' || row.kind === 'octets') return
    yield row
  }
}

/**
 * An older copy of a store would give numbers again that were given after the copy was made, and clients would take new mail for mail that
 * they know. So `skip` numbers of each kind are left out: UIDs, mod-sequences, UIDVALIDITYs, object ids. All that is there gets a new
 * mod-sequence: clients that saw later flags ask for them again (RFC 7162 3.1.4), and download nothing.
 */
export async function skipNumbers(
  account: TransferAccount,
  rows: AsyncIterable<AuditRow> | Iterable<AuditRow>,
  skip: number,
): Promise<Mended> {
  const { boxes, entries, threads, binned } = await gather(indexOf(rows))
  const moved = [...boxes.values()].map((box) => ({
    ...box,
    uidNext: Math.min(box.uidNext + skip, 0xffff_fffe),
    modSeq: box.modSeq + skip,
    // Everything is newer than what anybody can name.
    gaps: '',
  }))
  const modSeqs = new Map(moved.map(({ mailbox, modSeq }) => [mailbox, modSeq]))
  return {
    account: {
      ...account,
      lastMailbox: account.lastMailbox + skip,
      lastMessage: account.lastMessage + skip,
      lastUidValidity: account.lastUidValidity + skip,
    },
    // Without its log a mailbox tells views to start again.
    index: [
      ...moved,
      ...entries.map((entry) => ({ ...entry, modSeq: modSeqs.get(entry.mailbox) ?? entry.modSeq })),
      ...threads,
      ...binned,
    ],
    records: [],
    messages: [],
    gone: [],
  }
}
