import type { TextCounts, TextIndex } from '../../store/texts'
import type { AccountId } from '../../terms/names'

/**
 * off: the settings want none; complete: all mail is in it; building: a process of this home builds it; waiting: mail waits, and
 * nobody builds.
 */
export type IndexState = 'off' | 'complete' | 'building' | 'waiting'

export interface IndexStatus extends TextCounts {
  readonly state: IndexState
  /** on the disk; undefined: nobody knows */
  readonly octets: number | undefined
  /** accounts of which mail waits */
  readonly behind: number
  /** those of them of which most waits */
  readonly accounts: readonly (TextCounts & { readonly account: AccountId })[]
}

/** What an operator asks of the text index; beside a running server too. */
export interface IndexDesk {
  /** @param most accounts that are listed */
  status(most: number): Promise<IndexStatus>
  statusOf(account: AccountId): Promise<TextCounts>
  /** Throws away the index of an account, or of all: it is built anew in the background. Searches stay exact meanwhile. */
  rebuild(account?: AccountId): Promise<void>
}

const stateOf = (isWanted: boolean, waiting: number, isLed: boolean): IndexState => {
  if (!isWanted) return 'off'
  if (waiting === 0) return 'complete'
  return isLed ? 'building' : 'waiting'
}

/** @param tell wakes whoever builds, in all processes */
export function createIndexDesk(texts: TextIndex, isWanted: boolean, tell: () => void): IndexDesk {
  return {
    async status(most) {
      const first: { account: AccountId; waiting: number }[] = []
      let behind = 0
      for await (const account of texts.behind()) {
        behind += 1
        first.push(account)
        if (first.length < 2 * most + 100) continue
        first.sort((a, b) => b.waiting - a.waiting).splice(most)
      }
      const { isLed, octets, ...counts } = await texts.progress()
      const accounts: IndexStatus['accounts'][number][] = []
      for (const { account } of first.sort((a, b) => b.waiting - a.waiting).slice(0, most)) {
        accounts.push({ account, ...(await texts.progressOf(account)) })
      }
      return { state: stateOf(isWanted, counts.waiting, isLed), octets, behind, accounts, ...counts }
    },
    statusOf: (account) => texts.progressOf(account),
    async rebuild(account) {
      await texts.forget(account)
      tell()
    },
  }
}
