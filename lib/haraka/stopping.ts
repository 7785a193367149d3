import { textOf } from '../terms/errors'
import type { Log } from '../terms/ports'

/** What is done when Haraka stops gracefully. It tells each plugin by itself, and waits for none. */
export interface Stopping {
  /** ends what clients have open; all at once */
  readonly sessions: (() => Promise<void>)[]
  /** closes what sessions used, then: last added first */
  readonly parts: (() => Promise<void>)[]
  /** Once, whichever plugin is told first. Never rejects. */
  run(log: Log): Promise<void>
}

export function createStopping(): Stopping {
  const sessions: Stopping['sessions'] = []
  const parts: Stopping['parts'] = []
  let running: Promise<void> | undefined

  async function stop(log: Log): Promise<void> {
    const failed = (error: unknown): void => log.error(`stopping: ${textOf(error)}`)
    await Promise.all(sessions.map((end) => end().catch(failed)))
    for (const close of parts.reverse()) await close().catch(failed)
  }
  return {
    sessions,
    parts,
    run: (log) => {
      running ??= stop(log)
      return running
    },
  }
}
