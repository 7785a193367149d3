import type { BinTable, Erased } from '../../store/bin'
import type { AccountId } from '../../terms/names'
import { turn } from '../../work/turns'
import type { EraseProof } from '../mailbox'
import type { Parts } from '../parts'

/** Milliseconds that the text index has to lose what was erased, and between two looks. */
const PATIENCE = 10_000
const LOOK = 50

/** The text index loses what was removed in the background: now here, or whoever builds it is told. */
async function settleTexts({ store, hub }: Pick<Parts, 'store' | 'hub'>): Promise<void> {
  const builder = await store.texts?.lead()
  if (!builder) return hub.askIndex()
  try {
    while (await builder.removeGone()) await turn()
  } finally {
    await builder.release()
  }
}

/** Looks what is left of what was erased, until nothing is, or for a time. */
export async function prove(
  parts: Pick<Parts, 'store' | 'hub'>,
  bin: BinTable,
  account: AccountId,
  { messages, bytes, gone, disk }: Erased,
  what: 'messages' | 'account',
): Promise<EraseProof> {
  const look = () => bin.left(account, what === 'account' ? 'all' : gone)
  let left = await look()
  const end = performance.now() + PATIENCE
  if (left.length > 0) await settleTexts(parts)
  while (left.length > 0 && performance.now() < end) {
    left = await look()
    if (left.length > 0) await new Promise((resolve) => setTimeout(resolve, LOOK))
  }
  return { messages, bytes, left, disk }
}
