import { openSync, writeSync } from 'node:fs'
import { add, named, newAccount, value } from '../../lib/store/conformance/fixtures'
import { openSqliteStore } from '../../lib/store/sqlite'
import type { Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import type { AccountId } from '../../lib/terms/names'
import { uid } from '../../lib/terms/numbers'
import { eventually } from '../eventually'
import { randomFrom } from '../random'
import { knownOf, NAME } from './flags-known'

export interface FlagsOrder {
  readonly folder: string
  /** a file; undefined: notes go to the parent only */
  readonly notes: string | undefined
  /** makes the account, or waits for it */
  readonly first: boolean
  readonly seed: number
  readonly writes: number
}

async function write(store: Store, id: AccountId, random: (below: number) => number): Promise<void> {
  const inbox = await named(store, id, 'INBOX')
  const kind = random(12)
  if (kind === 0) await add(store, id, inbox, 'one more')
  const one = uid(1 + random(inbox.uidNext))
  const flags = flagSet(kind < 3 ? ['\\Deleted'] : [`k${random(4)}`])
  value(await store.messages.storeFlags(id, inbox.id, [one], random(3) === 0 ? 'remove' : 'add', flags))
  if (kind === 1) value(await store.messages.expunge(id, inbox.id, [one], { only: 'deleted' }))
}

/** A process that changes flags, and tells after each write what a client would know then. */
async function main({ folder, notes, first, seed, writes }: FlagsOrder): Promise<void> {
  const random = randomFrom(seed)
  const file = notes === undefined ? undefined : openSync(notes, 'a')
  const store = await openSqliteStore({ path: folder })
  if (first) {
    const { id, inbox } = await newAccount(store, NAME)
    await add(store, id, inbox, 'a', 'b', 'c', 'd', 'e')
  }
  const { id } = await eventually('the account is there', () => store.accounts.find(NAME))
  for (let nth = 0; nth < writes; nth++) {
    await write(store, id, random)
    const known = await knownOf(store, id)
    if (file !== undefined) writeSync(file, JSON.stringify(known))
    process.send?.(known)
    if (random(20) === 0) await new Promise((resolve) => setTimeout(resolve, random(300)))
  }
  await store.close()
  process.disconnect?.()
}

main(JSON.parse(process.argv[2] ?? '')).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
