import type { Durability } from '../../engine/sqlite/program'
import { ok } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import { modSeq, uid, uidValidity } from '../../terms/numbers'
import type { Clock } from '../../terms/ports'
import { type Change, type Commit, type MailboxChange, NO_COMMIT, type Written } from '../change'
import { ofExpunge } from '../durability'
import { accountNumber, mailboxNumber, makeMailboxId } from '../ids'
import { flagsText, indexRow } from '../row-types'
import type { Copied, MessageTable, NewMessage } from '../store'
import type { Mail } from './mail'
import { pack } from './pack'
import type { Appended } from './write/append'
import type { CopiedEntries, CopyWanted } from './write/copy'
import type { Committed } from './write/mailbox-rows'

type MessageWrites = Pick<MessageTable, 'append' | 'storeFlags' | 'expunge' | 'replace' | 'copy' | 'move'>

export function changeOf(
  id: AccountId,
  { mailbox, after, modSeq: now }: Committed,
  changes: readonly Change[],
): MailboxChange {
  const box = makeMailboxId(accountNumber(id), mailbox)
  return { account: id, mailbox: box, after: modSeq(after), modSeq: modSeq(now), changes }
}

const commitOf = (...mailboxes: readonly MailboxChange[]): Commit => ({ ...NO_COMMIT, mailboxes })

export const expungedOf = (id: AccountId, commit: Committed, uids: readonly number[]): MailboxChange =>
  changeOf(id, commit, [{ kind: 'expunged', uids: uids.map(uid) }])

function addedOf(id: AccountId, messages: readonly NewMessage[], appended: Appended): MailboxChange {
  const rows = messages.map(({ flags, bytes, internalDate }, index) => ({
    uid: uid(appended.uids[index] ?? 0),
    flags,
    modSeq: modSeq(appended.modSeq),
    size: bytes.length,
    internalDate,
  }))
  return changeOf(id, appended, [{ kind: 'added', rows }])
}

export function copiedOf(id: AccountId, { source, entries, commits, ...copied }: CopiedEntries): Written<Copied> {
  const rows = entries.map(indexRow)
  const value = {
    source: source.map(uid),
    destination: rows.map((row) => row.uid),
    uidValidity: uidValidity(copied.uidValidity),
  }
  const [added, expunged] = commits
  const mailboxes = [
    ...(added ? [changeOf(id, added, [{ kind: 'added', rows }])] : []),
    ...(expunged ? [expungedOf(id, expunged, source)] : []),
  ]
  return { value, commit: commitOf(...mailboxes) }
}

/**
 * What is done on the event loop, if nobody else writes, in about a millisecond at most: messages whose flags are changed, that are
 * stored or copied, and octets that are stored.
 */
const FEW = 50
const FEW_NEW = 10
const SMALL = 64 * 1024

/** @param quick how flags are written */
export function messageWrites(mail: Mail, clock: Clock, quick: Durability): MessageWrites {
  const slow = quick === 'quick-durable' ? 'durable' : 'visible'
  const howMany = (uids: readonly unknown[]): Durability => (uids.length > FEW ? slow : quick)

  async function copyOrMove(
    id: AccountId,
    wanted: Omit<CopyWanted, 'now' | 'from' | 'to'>,
    ...[from, to]: [Parameters<MessageTable['copy']>[1], Parameters<MessageTable['copy']>[3]]
  ) {
    const account = accountNumber(id)
    const places = { from: mailboxNumber(account, from), to: mailboxNumber(account, to) }
    const how = wanted.uids.length > FEW_NEW ? 'durable' : 'quick-durable'
    const copied = await mail.write('copyOrMove', [account, { ...wanted, ...places, now: clock.now() }], how)
    return copied.ok ? ok(copiedOf(id, copied.value)) : copied
  }

  return {
    async append(id, mailbox, messages, options) {
      if (messages.length === 0) return ok({ value: [], commit: NO_COMMIT })
      const account = accountNumber(id)
      const packed = pack(messages, options, clock.now())
      const values = [account, mailboxNumber(account, mailbox), packed] as const
      const isSmall = messages.length <= FEW_NEW && packed.octets.byteLength <= SMALL
      const how = isSmall ? 'quick-durable' : 'durable'
      const appended = await mail.write('append', [...values], how, [packed.octets])
      if (!appended.ok) return appended
      const { value } = appended
      return ok({ value: value.uids.map(uid), commit: commitOf(addedOf(id, messages, value)) })
    },

    async storeFlags(id, mailbox, uids, how, flags, unchangedSince, limits) {
      const account = accountNumber(id)
      const wanted = { uids, how, flags: flagsText(flags), unchangedSince, quota: limits?.quota }
      const values = [account, mailboxNumber(account, mailbox), wanted] as const
      const stored = await mail.write('storeFlags', [...values], howMany(uids))
      if (!stored.ok) return stored
      const { modified, entries, commit } = stored.value
      const rows = entries.map(indexRow)
      const value = { modified: modified.map(uid), rows }
      if (!commit) return ok({ value, commit: NO_COMMIT })
      const changed = rows.filter((row) => row.modSeq === commit.modSeq)
      return ok({ value, commit: commitOf(changeOf(id, commit, [{ kind: 'flags', rows: changed }])) })
    },

    async expunge(id, mailbox, uids, wanted) {
      const account = accountNumber(id)
      const how = slow === 'visible' ? ofExpunge(wanted) : slow
      const values = [account, mailboxNumber(account, mailbox), uids, wanted, clock.now()] as const
      const expunged = await mail.write('expunge', [...values], how)
      if (!expunged.ok) return expunged
      const { uids: gone, commit } = expunged.value
      return ok({ value: gone.map(uid), commit: commit ? commitOf(expungedOf(id, commit, gone)) : NO_COMMIT })
    },

    async replace(id, from, replaced, to, message, options) {
      const account = accountNumber(id)
      const places = { from: mailboxNumber(account, from), uid: replaced, to: mailboxNumber(account, to) }
      const packed = pack([message], options, clock.now())
      const done = await mail.write('replace', [account, places, packed], 'durable', [packed.octets])
      if (!done.ok) return done
      const { appended, expunged } = done.value
      const mailboxes = [addedOf(id, [message], appended), expungedOf(id, expunged, [replaced])]
      return ok({ value: uid(appended.uids[0] ?? 0), commit: commitOf(...mailboxes) })
    },

    copy: (id, from, uids, to, options) =>
      copyOrMove(id, { kind: 'copy', uids, missing: options?.missing, quota: options?.quota }, from, to),
    move: (id, from, uids, to, options) =>
      copyOrMove(id, { kind: 'move', uids, missing: options?.missing, fence: options?.fence }, from, to),
  }
}
