import { randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { openListener } from '../../engine/postgres/listener'
import { openServer, type Server } from '../../engine/postgres/server'
import type { PostgresNews } from '../../processes/postgres'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import type { Bus, Notice } from '../mailbox'
import { decodeFrame } from './frames'
import { createNoticeListeners } from './listeners'
import { createNoticeTable, TABLES } from './notice-table'
import { createOutbox } from './outbox'
import { piecesOf } from './pieces'

export interface PostgresBusOptions {
  /** may hold a password: never logged */
  readonly url: string
  /** the same on all hosts: who looks into the table does not hear what is only said */
  readonly news: PostgresNews
  readonly log: Log
}

const CHANNEL = 'mailbox_notices'
/** milliseconds that PostgreSQL has to answer */
const PATIENCE = 5000

/** By NOTIFY, which needs no table. */
const said = (server: Server) => ({
  put: (texts: readonly string[]) =>
    server.query(`SELECT pg_notify('${CHANNEL}', text) FROM unnest($1::text[]) AS text`, [texts]),
})

/** Notices between hosts, by a PostgreSQL. After a lost connection everybody hears `gap`. */
export async function postgresBus({ url, news, log }: PostgresBusOptions): Promise<Bus> {
  const own = randomBytes(9).toString('base64url')
  const { tell, subscribe } = createNoticeListeners(log)
  const server = openServer({ url, purpose: 'notices', connections: 1, patience: PATIENCE, tables: TABLES, log })
  let closed = false
  /** what could not be said is said as `gap`, with what is said next */
  let owed = false

  function heard(text: string): void {
    const [from, ...lines] = text.split('\n')
    if (from === own) return
    for (const line of lines) {
      const frame = line === '' ? undefined : decodeFrame(line)
      if (frame !== undefined && frame.kind !== 'hello') tell(frame)
    }
  }
  const missed = (): void => tell({ kind: 'gap' })

  async function open(): Promise<{ put(texts: readonly string[]): Promise<unknown>; close(): Promise<void> }> {
    if (news !== 'listen') return createNoticeTable({ server, every: news, heard, missed, log })
    await server.query('SELECT 1')
    const began = new AbortController()
    function listening(): void {
      if (began.signal.aborted) missed()
      if (owed) send([])
      began.abort()
    }
    const listener = openListener({
      ...{ url, purpose: 'notices', channel: CHANNEL, patience: PATIENCE, log },
      heard,
      listening,
    })
    // Who cannot listen yet says so, and hears later.
    await pause(PATIENCE, undefined, { ref: false, signal: began.signal }).catch(() => undefined)
    began.abort()
    return { ...said(server), close: listener.close }
  }

  let way: Awaited<ReturnType<typeof open>>
  try {
    way = await open()
  } catch (error) {
    await server.close()
    throw error
  }

  const sending = new Set<Promise<void>>()
  function send(notices: readonly Notice[]): void {
    const all: readonly Notice[] = owed ? [...notices, { kind: 'gap' }] : notices
    const sent = way.put(piecesOf(all).map((piece) => `${own}\n${piece}`)).then(
      () => {
        owed = false
      },
      (error: unknown) => {
        if (!owed && !closed) log.warn(`notices: not published: ${textOf(error)}`)
        owed = true
      },
    )
    sending.add(sent)
    void sent.then(() => sending.delete(sent))
  }
  const again = setInterval(() => owed && send([]), PATIENCE).unref()
  const outbox = createOutbox(send)

  return {
    publish: outbox.add,
    subscribe,
    async close() {
      outbox.flush()
      closed = true
      clearInterval(again)
      await Promise.all(sending)
      await way.close()
      await server.close()
    },
  }
}
