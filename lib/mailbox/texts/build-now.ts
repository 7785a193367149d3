import type { TextBuilder, TextIndex } from '../../store/texts'
import type { AccountId } from '../../terms/names'
import { type IndexParts, indexSome } from './index-some'

/**
 * Indexes all that waits, of all accounts or of one, without pauses. For a command where no server runs.
 * @param told messages that were indexed since the last time
 * @returns messages that were indexed
 */
export async function buildNow(
  parts: IndexParts,
  texts: Pick<TextIndex, 'behind'>,
  builder: TextBuilder,
  only: AccountId | undefined,
  told: (messages: number) => void,
): Promise<number> {
  let all = 0
  while (await builder.removeGone());
  for await (const { account } of texts.behind()) {
    if (only !== undefined && account !== only) continue
    for (let count = await indexSome(parts, builder, account); count > 0; ) {
      all += count
      told(count)
      count = await indexSome(parts, builder, account)
    }
  }
  while (await builder.tidy());
  return all
}
