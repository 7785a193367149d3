import type { BinTable } from '../../store/bin'
import { isUnavailable, textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { Parts } from '../parts'

/** Milliseconds between two looks whether something is over, and of a pause between two pieces of work: mail comes first. */
const LOOK = 60_000
const PAUSE = 20

interface ExpiryParts {
  readonly store: Pick<Parts['store'], 'bin'>
  readonly log: Log
}

/** Erases what is over in the recycle bin, in the background: any process may, and what one has done the others find done. */
export interface Expiry {
  /** When what is under way is done. */
  close(): Promise<void>
}

/** undefined: the store has no bin. @param look milliseconds between two looks */
export function startExpiry({ store, log }: ExpiryParts, look = LOOK): Expiry | undefined {
  const { bin } = store
  if (!bin) return undefined
  let closed = false
  let complained = false
  let wake: (() => void) | undefined

  const sleep = (milliseconds: number): Promise<void> =>
    new Promise((resolve) => {
      if (closed) return resolve()
      const timer = setTimeout(resolve, milliseconds).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })

  async function work(table: BinTable): Promise<void> {
    try {
      while (!closed && (await table.expire())) await sleep(PAUSE)
      complained = false
    } catch (error) {
      if (!complained) log.warn(`the recycle bin is not emptied now: ${textOf(error)}`)
      // A bug is told each time.
      complained = isUnavailable(error)
    }
  }

  async function run(table: BinTable): Promise<void> {
    while (!closed) {
      await work(table)
      await sleep(look)
    }
  }

  const running = run(bin)
  return {
    async close() {
      closed = true
      wake?.()
      await running
    },
  }
}
