import type { AccountId, MailboxId } from '../../../terms/names'
import { type ModSeq, modSeq, uid } from '../../../terms/numbers'
import type { Change, IndexRow, MailboxChange } from '../../change'
import type { MessageTable } from '../../store'
import type { Mail } from '../mail'
import { readOctets } from './body'
import { expungedAfter, follow } from './changes'
import { mailboxKeyOf } from './mailboxes'
import { maildrop } from './maildrop'
import { keys, rows } from './rows'
import { snapshot } from './snapshot'

const ascending = (uids: ReadonlySet<number>): number[] => [...Uint32Array.from(uids).sort()]

async function changesSince(
  { read }: Mail,
  id: AccountId,
  mailbox: MailboxId,
  since: ModSeq,
): Promise<MailboxChange | undefined> {
  const found = await follow(read, mailboxKeyOf(id, mailbox), since)
  if (!found) return undefined
  const { added, flagged, expunged } = found
  const rowsOf = (uids: ReadonlySet<number>): IndexRow[] => ascending(uids).flatMap((one) => found.rows.get(one) ?? [])
  const changes: Change[] = []
  if (added.size > 0) changes.push({ kind: 'added', rows: rowsOf(added) })
  if (flagged.size > 0) changes.push({ kind: 'flags', rows: rowsOf(flagged) })
  if (expunged.size > 0) changes.push({ kind: 'expunged', uids: ascending(expunged).map(uid) })
  return { account: id, mailbox, after: since, modSeq: modSeq(found.mailbox.mod_seq), changes }
}

type Reads = 'snapshot' | 'changesSince' | 'expungedSince' | 'rows' | 'keys' | 'maildrop' | 'read'

export const messageReads = (mail: Mail): Pick<MessageTable, Reads> => ({
  snapshot: (id, mailbox) => snapshot(mail.read, id, mailbox),
  changesSince: (id, mailbox, since) => changesSince(mail, id, mailbox, since),
  async expungedSince(id, mailbox, since) {
    return (await expungedAfter(mail.read, mailboxKeyOf(id, mailbox), since))?.map(uid)
  },
  rows: (id, mailbox, uids) => rows(mail.read, id, mailbox, uids),
  keys: (id, mailbox, uids) => keys(mail.read, id, mailbox, uids),
  maildrop: (id, mailbox, above) => maildrop(mail.read, id, mailbox, above),
  read: (id, email, start, end) => readOctets(mail.read, id, email, start, end),
})
