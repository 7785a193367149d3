import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId, MailboxId } from '../../terms/names'
import { type Uid, uid } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import type { Written } from '../change'
import { quotaOctets } from '../counting'
import { flagsFrom } from '../row-types'
import type { AppendOptions, NewMessage } from '../store'
import { appendAll, threadNames } from './append'
import type { Database } from './database'
import { entriesOf, releaseEntries } from './entries'
import { commitMailbox, writeTo } from './messages-write'

const THREADS = `
SELECT encode(message_id, 'hex') AS name, thread FROM mailbox.threads
WHERE account = $1 AND message_id IN (SELECT decode(one, 'hex') FROM unnest($2::text[]) AS t(one))`

/** RFC 8508: the new message and the end of the old one in one transaction. */
export const replace = (
  db: Database,
  clock: Clock,
  id: AccountId,
  from: MailboxId,
  replaced: Uid,
  to: MailboxId,
  message: NewMessage,
  options?: AppendOptions,
): Promise<Result<Written<Uid>>> =>
  writeTo<Written<Uid>>(db, id, [from, to], async (session, { account, boxes: [source, target] }) => {
    if (!source) return failed({ kind: 'no-such-mailbox' })
    if (!target) return failed({ kind: 'no-such-mailbox', tryCreate: true })
    const [old] = await entriesOf(session, source, [replaced])
    if (!old) return failed({ kind: 'message-gone' })
    const threads = await session.query<{ name: string; thread: number }>(THREADS, [
      account.account,
      threadNames(message.prepared.keys),
    ])
    const known = new Map(threads.map(({ name, thread }) => [name, thread]))
    // The quota counts the difference: as if the old one were gone already.
    const without = {
      ...account,
      used_bytes: account.used_bytes - quotaOctets(old.size, flagsFrom(old.flags)),
      used_messages: account.used_messages - 1,
    }
    const [added] = await appendAll(session, clock, id, to, without, target, known, [{ messages: [message], options }])
    if (!added?.ok) return added ?? failed({ kind: 'message-gone' })
    const [one] = added.value.value
    if (one === undefined) throw new Error('an append without a UID')
    const now =
      source.mailbox === target.mailbox ? { ...source, mod_seq: source.mod_seq + 1, uid_next: one + 1 } : source
    const less = await releaseEntries(session, source, [old])
    const expunged = await commitMailbox(session, id, now, less, [{ kind: 'expunged', uids: [uid(old.uid)] }])
    const { mailboxes, list } = added.value.commit
    return ok({ value: one, commit: { list, mailboxes: [...mailboxes, expunged] } })
  })
