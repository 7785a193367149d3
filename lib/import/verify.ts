import { createHash } from 'node:crypto'
import type { Mailbox, Store } from '../store/store'
import { textOf } from '../terms/errors'
import type { AccountId } from '../terms/names'
import { type Uid, uid } from '../terms/numbers'
import { EMPTY, type SourceMailbox } from './source'

export const hashOf = (octets: Buffer): string => createHash('sha256').update(octets).digest('base64')

async function* hashes(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  uids: readonly Uid[],
): AsyncGenerator<readonly [Uid, string]> {
  for await (const rows of store.messages.rows(account, mailbox.id, uids)) {
    for (const { uid: one, emailId, size } of rows) {
      const octets = await store.messages.read(account, emailId, 0, size)
      yield [one, octets ? hashOf(octets) : '']
    }
  }
}

/** Reads back from the store what came, and says what is not here as it came. */
export async function verifyAdded(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  added: ReadonlyMap<Uid, string>,
): Promise<readonly string[]> {
  const left = new Map(added)
  for await (const [one, hash] of hashes(store, account, mailbox, [...added.keys()])) {
    if (left.get(one) === hash) left.delete(one)
  }
  return [...left.keys()].map((one) => `${mailbox.name} ${one}: not in the store with the octets that came`)
}

/** Reads all of the source again, and all that is here: what is missing, by label. */
export async function verifyAll(
  store: Store,
  account: AccountId,
  mailbox: Mailbox,
  from: SourceMailbox,
  except: ReadonlySet<Uid>,
): Promise<readonly string[]> {
  const here = new Map<string, number>()
  const snapshot = await store.messages.snapshot(account, mailbox.id)
  for await (const [, hash] of hashes(store, account, mailbox, [...(snapshot?.uids ?? [])].map(uid))) {
    here.set(hash, (here.get(hash) ?? 0) + 1)
  }
  const missing: string[] = []
  for await (const message of from.messages(1)) {
    if (message.uid !== undefined && except.has(message.uid)) continue
    // In the words of the first reading: it is told once.
    const octets = await message
      .read()
      .catch((error: unknown) => void missing.push(`${message.label}: ${textOf(error)}`))
    if (!octets) continue
    if (octets.length === 0) {
      missing.push(`${message.label}: ${EMPTY}`)
      continue
    }
    const hash = hashOf(octets)
    const left = here.get(hash) ?? 0
    if (left === 0) missing.push(`${message.label}: not found here with the same octets`)
    else here.set(hash, left - 1)
  }
  return missing
}
