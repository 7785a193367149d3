import type { Mailbox, Store } from '../../store/store'
import type { AccountId, EmailId } from '../../terms/names'
import { uid } from '../../terms/numbers'
import type { Here, SourceMessage } from '../source'
import { hashOf } from '../verify'

/** octets of a message, by all that have as many */
type Sizes = ReadonlyMap<number, readonly EmailId[]>

async function idsOf(store: Store, account: AccountId, { id }: Mailbox, found: (id: EmailId, size: number) => void) {
  const uids = Array.from((await store.messages.snapshot(account, id))?.uids ?? [], uid)
  for await (const rows of store.messages.keys(account, id, uids)) {
    for (const { emailId, size } of rows) found(emailId, size)
  }
}

/**
 * How messages of a backup of this store are known again: by their EMAILID, wherever in the account they lie now, else by
 * their octets in the mailbox that gets them, each copy once.
 * @param anywhere false: only the mailbox counts
 * Memory: some hundred octets for each message of the account.
 */
export function createHere(store: Store, account: AccountId, anywhere: boolean) {
  let everywhere: Promise<ReadonlyMap<EmailId, string>> | undefined

  async function findAll(): Promise<ReadonlyMap<EmailId, string>> {
    const names = new Map<EmailId, string>()
    if (!anywhere) return names
    for (const mailbox of await store.mailboxes.list(account))
      await idsOf(store, account, mailbox, (id) => void names.set(id, mailbox.name))
    return names
  }

  async function hashesOf(ids: readonly EmailId[], size: number): Promise<Map<string, number>> {
    const hashes = new Map<string, number>()
    for (const id of ids) {
      const octets = await store.messages.read(account, id, 0, size)
      if (octets) hashes.set(hashOf(octets), (hashes.get(hashOf(octets)) ?? 0) + 1)
    }
    return hashes
  }

  /** @param mailbox undefined: it is to be made */
  return async function openHere(mailbox: Mailbox | undefined): Promise<Here> {
    everywhere ??= findAll()
    const names = await everywhere
    const sizes = new Map<number, EmailId[]>()
    const inMailbox = new Set<EmailId>()
    if (mailbox)
      await idsOf(store, account, mailbox, (id, size) => {
        inMailbox.add(id)
        const same = sizes.get(size)
        if (same) same.push(id)
        else sizes.set(size, [id])
      })
    const elsewhere = new Map<string, number>()
    const find = finder(sizes, hashesOf)

    return {
      async has(message) {
        const { emailId } = message.stored ?? {}
        if (emailId !== undefined && inMailbox.has(emailId)) return true
        const name = emailId === undefined ? undefined : names.get(emailId)
        if (name === undefined) return find(message)
        elsewhere.set(name, (elsewhere.get(name) ?? 0) + 1)
        return true
      },
      notes: () => [...elsewhere].map(([name, count]) => `${count} of those that were here before are in ${name}`),
    }
  }
}

/** Octets here are read once, and only of messages that are as long as one of the backup. */
function finder(sizes: Sizes, hashesOf: (ids: readonly EmailId[], size: number) => Promise<Map<string, number>>) {
  const bySize = new Map<number, Promise<Map<string, number>>>()
  return async (message: SourceMessage): Promise<boolean> => {
    const { size } = message.stored ?? {}
    const ids = size === undefined ? undefined : sizes.get(size)
    if (size === undefined || !ids) return false
    const hashing = bySize.get(size) ?? hashesOf(ids, size)
    bySize.set(size, hashing)
    const hashes = await hashing
    const octets = await message.read()
    if (!octets) return false
    const hash = hashOf(octets)
    const left = hashes.get(hash) ?? 0
    hashes.set(hash, left - 1)
    return left > 0
  }
}
