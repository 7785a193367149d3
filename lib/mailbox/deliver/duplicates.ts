import { fieldOf, messageFields } from '../../mime/header'
import { messageIds } from '../../mime/message-id'
import type { AccountId } from '../../terms/names'
import type { Clock } from '../../terms/ports'

/** Copies that are remembered; the oldest are forgotten first. */
const REMEMBERED = 50_000

interface Seen {
  readonly at: number
  readonly stored: Promise<boolean>
}

/**
 * Messages that an account got already, by Message-ID, within so many milliseconds (0: never one); of this process only. A message
 * without a Message-ID, or with several, is never one. Only what was stored counts: nothing is lost by it.
 */
export function createDuplicates(within: number, clock: Clock) {
  const seen = new Map<string, Seen>()

  function idOf(octets: Buffer): string | undefined {
    const [id, ...more] = messageIds(fieldOf(messageFields(octets), 'message-id'))
    return more.length === 0 && id !== undefined && id.length <= 1000 ? id : undefined
  }

  /** Runs `store`, or says `duplicate`. Two at the same time: the second waits for what becomes of the first. */
  return async function once<T>(
    account: AccountId,
    octets: Buffer,
    isStored: (done: T) => boolean,
    store: () => Promise<T>,
  ): Promise<T | 'duplicate'> {
    const id = within > 0 ? idOf(octets) : undefined
    if (id === undefined) return store()
    const key = `${account} ${id}`
    for (let before = seen.get(key); before !== undefined; before = seen.get(key)) {
      if (clock.now() - before.at >= within) break
      if (await before.stored) return 'duplicate'
      if (seen.get(key) === before) seen.delete(key)
    }
    const running = store()
    const stored = running.then(isStored, () => false)
    seen.delete(key)
    seen.set(key, { at: clock.now(), stored })
    const [oldest] = seen.keys()
    if (seen.size > REMEMBERED && oldest !== undefined) seen.delete(oldest)
    return running
  }
}
