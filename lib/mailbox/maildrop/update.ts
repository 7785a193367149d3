import type { Mailbox } from '../../store/store'
import { unavailable } from '../../terms/errors'
import { ok, type Result } from '../../terms/fault'
import { flagSet } from '../../terms/flags'
import type { AccountId, MailboxId } from '../../terms/names'
import type { Fence, Uid } from '../../terms/numbers'
import { type Parts, published } from '../parts'
import { binOf } from '../verbs/limits'

export interface MaildropUpdate {
  /** ascending */
  readonly deleted: readonly Uid[]
  readonly seen: readonly Uid[]
  readonly how: 'delete' | 'trash' | 'keep'
  /** told when they are removed; @param to the mailbox that they are in now, if they are in one */
  removed(to?: string): void
  /** empty: not checked */
  readonly fence: { readonly fence?: Fence }
}

const SEEN = flagSet(['\\Seen'])

/**
 * The UPDATE state (RFC 1939 6). Removing comes first, in one transaction that checks the fence: when the lease was lost,
 * nothing at all is changed. Marking \Seen follows; it takes nothing from anybody.
 */
export async function updateMaildrop(
  parts: Parts,
  account: AccountId,
  mailbox: MailboxId,
  update: MaildropUpdate,
): Promise<Result<void>> {
  try {
    const removed = await remove(parts, account, mailbox, update)
    if (!removed.ok) return removed
    const gone = new Set(update.how === 'keep' ? [] : update.deleted)
    return await markSeen(
      parts,
      account,
      mailbox,
      update.seen.filter((uid) => !gone.has(uid)),
    )
  } catch (error) {
    return unavailable(error)
  }
}

async function remove(
  parts: Parts,
  account: AccountId,
  mailbox: MailboxId,
  update: MaildropUpdate,
): Promise<Result<void>> {
  const { deleted, fence } = update
  if (deleted.length === 0 || update.how === 'keep') return ok(undefined)
  if (update.how === 'trash') return toTrash(parts, account, mailbox, update)
  const { store, hub, settings } = parts
  const how = { only: 'all', bin: binOf(settings), ...fence } as const
  const expunged = published(hub, await store.messages.expunge(account, mailbox, deleted, how))
  if (!expunged.ok) return expunged
  update.removed()
  return ok(undefined)
}

async function toTrash(
  parts: Parts,
  account: AccountId,
  from: MailboxId,
  update: MaildropUpdate,
): Promise<Result<void>> {
  const { store, hub } = parts
  const trash = await trashOf(parts, account)
  if (!trash.ok) return trash
  const moved = published(hub, await store.messages.move(account, from, update.deleted, trash.value.id, update.fence))
  if (!moved.ok) return moved
  update.removed(trash.value.name)
  const { source, destination } = moved.value
  const seen = new Set<Uid | undefined>(update.seen)
  return markSeen(
    parts,
    account,
    trash.value.id,
    destination.filter((_, index) => seen.has(source[index])),
  )
}

async function trashOf({ store, hub }: Parts, account: AccountId): Promise<Result<Mailbox>> {
  const all = await store.mailboxes.list(account)
  const trash = all.find(({ specialUse }) => specialUse.includes('\\Trash')) ?? all.find(({ name }) => name === 'Trash')
  if (trash !== undefined) return ok(trash)
  return published(hub, await store.mailboxes.create(account, 'Trash', { specialUse: ['\\Trash'], subscribed: true }))
}

async function markSeen(
  { store, hub }: Parts,
  account: AccountId,
  mailbox: MailboxId,
  uids: readonly Uid[],
): Promise<Result<void>> {
  if (uids.length === 0) return ok(undefined)
  const stored = published(hub, await store.messages.storeFlags(account, mailbox, uids, 'add', SEEN))
  return stored.ok ? ok(undefined) : stored
}
