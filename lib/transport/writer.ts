import type { Writer } from './connection'

/** Octets that may wait for a client before a session should stop making more. */
const HIGH_WATER = 128 * 1024

export interface Outlet {
  /** Sends now; calls back when the octets left this process. */
  send(chunk: Buffer, done: () => void): void
}

export interface Output extends Writer {
  /** octets written and not yet taken by the client's side */
  readonly pending: number
  close(): void
}

/** Gathers what is written in one turn of the event loop into one system call. `outlet()` may change (STARTTLS, DEFLATE). */
export function createWriter(outlet: () => Outlet, onProgress: () => void): Output {
  let chunks: Buffer[] = []
  let gathered = 0
  let sent = 0
  let closed = false
  let scheduled = false
  let waiting: ((open: boolean) => void)[] = []

  function settle(): void {
    if (!closed && gathered + sent >= HIGH_WATER) return
    const calls = waiting
    waiting = []
    for (const call of calls) call(!closed)
  }

  function flush(): void {
    const [only] = chunks
    if (closed || !only) return
    const batch = chunks.length === 1 ? only : Buffer.concat(chunks)
    chunks = []
    gathered = 0
    sent += batch.length
    outlet().send(batch, () => {
      sent -= batch.length
      onProgress()
      settle()
    })
  }

  return {
    write: (chunk) => {
      if (closed) return
      const octets = typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk
      chunks.push(octets)
      gathered += octets.length
      if (gathered >= HIGH_WATER) flush()
      else if (!scheduled) {
        scheduled = true
        setImmediate(() => {
          scheduled = false
          flush()
        })
      }
    },
    flush,
    get full() {
      return gathered + sent >= HIGH_WATER
    },
    get pending() {
      return gathered + sent
    },
    drained: () => {
      if (closed) return Promise.resolve(false)
      flush()
      if (gathered + sent < HIGH_WATER) return Promise.resolve(true)
      return new Promise((resolve) => waiting.push(resolve))
    },
    close: () => {
      closed = true
      chunks = []
      settle()
    },
  }
}
