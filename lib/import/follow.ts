import { inBatches } from '../mailbox/verbs/batches'
import { REMOVED_AT_ONCE } from '../mailbox/vocabulary'
import type { Mailbox, Store } from '../store/store'
import type { FlagSet } from '../terms/flags'
import type { AccountId } from '../terms/names'
import { type Uid, uid } from '../terms/numbers'

/**
 * The last run before a switch: what an earlier one brought gets the flags that it has there now, and goes if it has gone there.
 * What this server gave UIDs of its own (from `next` on) is left alone.
 */
export async function follow(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  older: ReadonlyMap<Uid, FlagSet>,
  next: Uid,
): Promise<void> {
  const snapshot = await store.messages.snapshot(account, mailbox.id)
  if (!snapshot) return
  const changed = new Map<string, { readonly flags: FlagSet; readonly uids: Uid[] }>()
  const gone: Uid[] = []
  for (const [index, number] of snapshot.uids.entries()) {
    const one = uid(number)
    if (one >= mailbox.uidNext || one >= next) break
    const flags = older.get(one)
    if (!flags) gone.push(one)
    else if (snapshot.flagSets[snapshot.flags[index] ?? 0]?.wire.toLowerCase() !== flags.wire.toLowerCase()) {
      const same = changed.get(flags.wire) ?? { flags, uids: [] }
      same.uids.push(one)
      changed.set(flags.wire, same)
    }
  }
  for (const { flags, uids } of changed.values()) {
    const done = await store.messages.storeFlags(account, mailbox.id, uids, 'replace', flags)
    if (!done.ok) throw new Error(`${mailbox.name}: ${done.fault.kind}`)
  }
  if (gone.length > 0) {
    const { fault } = await inBatches(gone, REMOVED_AT_ONCE, (some) =>
      store.messages.expunge(account, mailbox.id, some, { only: 'all' }),
    )
    if (fault) throw new Error(`${mailbox.name}: ${fault.kind}`)
  }
}
