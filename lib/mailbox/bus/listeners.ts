import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { Notice } from '../mailbox'

/** Who is told of notices; one that fails keeps nobody else from hearing them. */
export function createNoticeListeners(log: Log) {
  const listeners = new Set<(notice: Notice) => void>()
  return {
    subscribe(listener: (notice: Notice) => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(notice: Notice): void {
      for (const listener of listeners) {
        try {
          listener(notice)
        } catch (error) {
          log.error(`a listener to notices failed: ${textOf(error)}`)
        }
      }
    },
  }
}
