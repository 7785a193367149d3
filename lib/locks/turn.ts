import type { EndReason } from './locks'
import type { HolderRecord, WaiterRecord } from './record'

/** How a wait ended. */
export type Turn = HolderRecord | 'late' | 'cancelled'

export interface Waiting {
  readonly account: string
  readonly claim: WaiterRecord
  /** stands in the table's queue */
  queued: boolean
  /** it was ended before it was opened */
  ended: EndReason | undefined
  readonly turn: Promise<Turn>
  /** the first call counts */
  arrive(outcome: Turn): void
}

export function waitingFor(account: string, claim: WaiterRecord): Waiting {
  let arrive: (outcome: Turn) => void = () => undefined
  const turn = new Promise<Turn>((resolve) => {
    arrive = resolve
  })
  return { account, claim, queued: false, ended: undefined, turn, arrive }
}

/**
 * Waits in the queue of the table.
 * @param wait milliseconds
 * @param watch looks whether holders die meanwhile; gives what ends that
 */
export async function waitTurn(
  waiting: Waiting,
  wait: number,
  signal: AbortSignal | undefined,
  watch: () => () => void,
): Promise<Turn> {
  waiting.queued = true
  const timer = setTimeout(() => waiting.arrive('late'), wait)
  const cancel = (): void => waiting.arrive('cancelled')
  signal?.addEventListener('abort', cancel)
  if (signal?.aborted) cancel()
  const stop = watch()
  const outcome = await waiting.turn
  waiting.queued = false
  stop()
  clearTimeout(timer)
  signal?.removeEventListener('abort', cancel)
  return outcome
}
