import type { Response } from 'express'

/** Answers while a live-update stream says nothing, so that proxies keep it open. */
const HEARTBEAT = 25_000
/** octets that a client may leave unread */
const MOST_UNREAD = 64 * 1024

/** Server-sent events (HTML Living Standard 9.2). */
export interface EventStream {
  send(event: string, data: unknown): void
  end(): void
}

export function openEventStream(response: Response): EventStream {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' })
  const timer = setInterval(() => response.writableEnded || response.write(': \n\n'), HEARTBEAT).unref()
  response.once('close', () => clearInterval(timer))
  return {
    send(event, data) {
      if (response.writableEnded) return
      // A client that does not read is let go: it asks anew when it comes back.
      if (response.writableLength > MOST_UNREAD) response.destroy()
      else response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    end: () => void response.end(),
  }
}
