import { randomBytes } from 'node:crypto'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { Bus, Notice } from '../mailbox'
import { decodeFrame } from './frames'
import { createNoticeListeners } from './listeners'
import { createOutbox } from './outbox'
import { piecesOf } from './pieces'

/** Notices as texts that a server carries to all processes, this one included. */
export interface Post extends Pick<Bus, 'publish' | 'subscribe'> {
  /** The server brought this text, of any process. */
  heard(text: string): void
  /** The server may not have brought everything. */
  missed(): void
  /** The server can be reached again: what it could not be given is said as `gap`. */
  repeat(): void
  /** Sends what is there, and waits for it. */
  end(): Promise<void>
}

/** @param put gives texts to the server */
export function createPost(log: Log, put: (texts: readonly string[]) => Promise<unknown>): Post {
  const own = randomBytes(9).toString('base64url')
  const { tell, subscribe } = createNoticeListeners(log)
  const sending = new Set<Promise<void>>()
  let ended = false
  /** what could not be said is said as `gap`, with what is said next */
  let owed = false

  function send(notices: readonly Notice[]): void {
    const all: readonly Notice[] = owed ? [...notices, { kind: 'gap' }] : notices
    const sent = put(piecesOf(all).map((piece) => `${own}\n${piece}`)).then(
      () => {
        owed = false
      },
      (error: unknown) => {
        if (!owed && !ended) log.warn(`notices: not published: ${textOf(error)}`)
        owed = true
      },
    )
    sending.add(sent)
    void sent.then(() => sending.delete(sent))
  }
  const outbox = createOutbox(send)

  return {
    publish: outbox.add,
    subscribe,
    heard(text) {
      const [from, ...lines] = text.split('\n')
      if (from === own) return
      for (const line of lines) {
        const frame = line === '' ? undefined : decodeFrame(line)
        if (frame !== undefined && frame.kind !== 'hello') tell(frame)
      }
    },
    missed: () => tell({ kind: 'gap' }),
    repeat() {
      if (owed && !ended) send([])
    },
    async end() {
      outbox.flush()
      ended = true
      await Promise.all(sending)
    },
  }
}
