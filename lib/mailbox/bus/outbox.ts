import { setImmediate } from 'node:timers'
import type { Notice } from '../mailbox'

/** Milliseconds between two sendings: each wakes all other processes. */
const PACE = 10

/**
 * Gathers the notices of one turn of the event loop, or of ten milliseconds when there are many. Of one mailbox only the highest mod-sequence goes out: a thousand
 * deliveries that were flushed together are one notice.
 */
export interface Outbox {
  add(notice: Notice): void
  /** Sends what is there now. */
  flush(): void
}

export function createOutbox(send: (notices: readonly Notice[]) => void): Outbox {
  let pending = new Map<string, Notice>()
  let others: Notice[] = []
  let scheduled = false
  let sent = 0

  function flush(): void {
    sent = performance.now()
    const notices = [...others, ...pending.values()]
    pending = new Map()
    others = []
    if (notices.length > 0) send(notices)
  }
  return {
    flush,
    add(notice) {
      if (notice.kind === 'mailbox') {
        const before = pending.get(notice.mailbox)
        if (before?.kind !== 'mailbox' || before.modSeq < notice.modSeq) pending.set(notice.mailbox, notice)
      } else others.push(notice)
      if (scheduled) return
      scheduled = true
      const soon = (): void => {
        scheduled = false
        flush()
      }
      if (performance.now() - sent > PACE) setImmediate(soon)
      else setTimeout(soon, PACE)
    },
  }
}
