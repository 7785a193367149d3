import { setTimeout as pause } from 'node:timers/promises'
import { openListener } from '../../engine/postgres/listener'
import { openServer, type Server } from '../../engine/postgres/server'
import type { PostgresNews } from '../../processes/postgres'
import type { Log } from '../../terms/ports'
import type { Bus } from '../mailbox'
import { createNoticeTable, TABLES } from './notice-table'
import { createPost } from './post'

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
  const server = openServer({ url, purpose: 'notices', connections: 1, patience: PATIENCE, tables: TABLES, log })
  const { heard, missed, repeat, end, publish, subscribe } = createPost(log, (texts) => way.put(texts))

  async function open(): Promise<{ put(texts: readonly string[]): Promise<unknown>; close(): Promise<void> }> {
    if (news !== 'listen') return createNoticeTable({ server, every: news, heard, missed, log })
    await server.query('SELECT 1')
    const began = new AbortController()
    function listening(): void {
      if (began.signal.aborted) missed()
      repeat()
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
  const again = setInterval(repeat, PATIENCE).unref()

  return {
    publish,
    subscribe,
    async close() {
      clearInterval(again)
      await end()
      await way.close()
      await server.close()
    },
  }
}
