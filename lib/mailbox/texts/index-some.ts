import type { Store } from '../../store/store'
import type { Indexed, TextBuilder, Unindexed } from '../../store/texts'
import type { AccountId } from '../../terms/names'
import type { Pool } from '../../work/pool'
import { gramsOfAll, type MessageTexts, textsOfMessage } from './message-grams'

/** Messages, and octets, that are indexed in one step. */
const MESSAGES = 50
const OCTETS = 1024 * 1024

export interface IndexParts {
  readonly messages: Pick<Store['messages'], 'read'>
  readonly pool: Pool
  /** octets of a message that is indexed */
  readonly mostOctets: number
}

/** Indexes some messages of an account. @returns how many; 0: all are indexed. Rejects with `Unavailable`. */
export async function indexSome(parts: IndexParts, builder: TextBuilder, account: AccountId): Promise<number> {
  const { messages, pool, mostOctets } = parts
  const read: { message: Unindexed; texts: MessageTexts | undefined }[] = []
  let octets = 0
  for (const message of await builder.next(account, MESSAGES)) {
    const texts = await textsOfMessage(
      message,
      (start, end) => messages.read(account, message.email, start, end),
      mostOctets,
    )
    read.push({ message, texts })
    for (const range of texts?.ranges ?? []) octets += range.octets.length
    if (octets >= OCTETS) break
  }
  if (read.length === 0) return 0
  const grams = await gramsOfAll(
    pool,
    read.flatMap(({ texts }) => texts ?? []),
  )
  let next = 0
  const done = read.map(({ message: { email }, texts }): Indexed => ({ email, grams: texts && grams[next++] }))
  await builder.add(account, done)
  return done.length
}
