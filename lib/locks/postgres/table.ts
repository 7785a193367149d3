import { openServer, type Row } from '../../engine/postgres/server'
import { isDeadHere } from '../../processes/identity'
import { Unavailable } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { type Answer, decide, type Question } from '../decisions'
import { newsFor } from '../news'
import type { LockTable, PeerMessage } from '../ports'
import { type AccountRecord, emptyRecord } from '../record'
import { createActivity } from './activity'
import { createBatches } from './batches'
import * as sql from './statements'

export interface TablePorts {
  readonly url: string
  /** this process */
  readonly self: string
  /** milliseconds */
  readonly expiry: number
  readonly log: Log
  /** Nobody may be let in before this process has shown life again. */
  renew(): Promise<void>
}

export interface PostgresTable extends LockTable {
  readonly tells: true
  /** milliseconds since 1970 by the server's clock, as it went on since the last renewal */
  now(): number
  /** Shows life. @returns whether the server knew this process: nobody has taken it for dead */
  showLife(): Promise<boolean>
  /** What was granted before is not believed any more, should it still be on its way. */
  disbelieve(): void
  /** Messages of other processes, to `receive`, in their order; one may come twice. */
  hear(receive: (message: PeerMessage) => void): Promise<void>
  tell(process: string, message: PeerMessage): Promise<void>
  /** Writes down when holders showed life. */
  noteActivity(): Promise<void>
}

/** milliseconds that PostgreSQL has to answer */
export const PATIENCE = 2000
const CONNECTIONS = 4

const letsIn = ({ kind }: Question): boolean => kind === 'claim' || kind === 'look-again'

export function openTable({ url, self, expiry, log, renew }: TablePorts): PostgresTable {
  const options = { connections: CONNECTIONS, patience: PATIENCE, tables: sql.TABLES, log }
  const server = openServer({ url, purpose: 'locks', ...options })
  const activity = createActivity(server)
  const batches = createBatches(believed)
  /** counts how often what this process held was lost */
  let epoch = 0
  /** this process has not shown life since it lost what it held */
  let silent = false
  let clock = { server: Date.now(), own: performance.now() }

  /** @returns undefined: nobody may be let in, because the server does not know this process */
  function ask(account: string, questions: readonly Question[]): Promise<Answer[] | undefined> {
    return server.transaction(sql.lockRecord(account, self), ([rows = [], , facts = []]) => {
      const [row] = rows
      const [fact] = facts
      const living = livingOf(fact)
      if (!living.has(self) && questions.some(letsIn)) return { last: [], value: undefined }
      const before = row ? String(row.record) : JSON.stringify(emptyRecord())
      const record: AccountRecord = JSON.parse(before)
      // Of this host more is known.
      const killed = sql.processesOf(record).filter(isDeadHere)
      for (const process of killed) living.delete(process)
      const at = { now: Math.floor(Number(fact?.now)), living: (process: string) => living.has(process) }
      const answers = questions.map((question) => decide(record, question, at))
      const news = answers.flatMap((answer) => newsFor(self, account, answer))
      const changed = JSON.stringify(record) === before ? [] : [sql.putRecord(account, record, !row)]
      return {
        last: [
          ...(killed.length > 0 ? sql.forget(killed) : []),
          ...changed,
          ...news.flatMap(([process, message]) => sql.tell(process, message)),
        ],
        value: answers,
      }
    })
  }

  async function believed(account: string, questions: readonly Question[]): Promise<Answer[]> {
    if (silent) await renew()
    for (let tries = 2; tries > 0; tries--) {
      const began = epoch
      const answers = await ask(account, questions)
      if (answers && began === epoch) return answers
      if (answers) throw new Unavailable('locks: PostgreSQL has forgotten what it granted')
      await renew()
    }
    throw new Unavailable('locks: PostgreSQL does not keep what it is told')
  }

  const livingOf = (fact: Row | undefined): Set<string> =>
    new Set(Array.isArray(fact?.living) ? fact.living.map(String) : [])
  const living = async (): Promise<ReadonlySet<string>> =>
    new Set((await server.query<{ process: string }>(sql.LIVING)).map(({ process }) => process))

  /** Without those whose process is gone. */
  function shown(text: string, alive: ReadonlySet<string>): AccountRecord {
    const record: AccountRecord = JSON.parse(text)
    const here = ({ process }: { readonly process: string }): boolean => alive.has(process) && !isDeadHere(process)
    return { ...record, holders: record.holders.filter(here), waiters: record.waiters.filter(here) }
  }

  return {
    tells: true,
    now: () => Math.floor(clock.server + performance.now() - clock.own),
    disbelieve: () => {
      epoch++
      silent = true
    },
    async decide(account, question) {
      if (question.kind !== 'active') return batches.ask(account, question)
      activity.add(account, question.id, question.activeAt)
      return { ended: [], granted: [] }
    },
    async read(account) {
      if (silent) await renew()
      const began = epoch
      const [[row], alive] = await Promise.all([server.query<{ record: string }>(sql.READ, [account]), living()])
      return row && began === epoch ? shown(row.record, alive) : undefined
    },
    async list() {
      const alive = await living()
      const found: [string, AccountRecord][] = []
      for (let after = ''; ; ) {
        const page = await server.query<{ account: string; record: string }>(sql.LIST, [after])
        for (const { account, record } of page) found.push([account, shown(record, alive)])
        after = page.at(-1)?.account ?? after
        if (page.length < sql.PAGE) return found
      }
    },
    async showLife() {
      const [row] = await server.query<{ known: boolean; now: number }>(sql.RENEW, [self, expiry])
      // Never ahead of the server's.
      if (row) clock = { server: row.now, own: performance.now() }
      silent = false
      return row?.known === true
    },
    async hear(receive) {
      for (let heard: string[] = []; ; ) {
        const rows = await server.query<{ id: string; message: string }>(sql.HEAR, [self, heard])
        if (rows.length === 0) return
        for (const { message } of rows) receive(JSON.parse(message))
        heard = rows.map(({ id }) => id)
      }
    },
    tell: (process, message) => server.transaction([], () => ({ last: sql.tell(process, message), value: undefined })),
    noteActivity: activity.write,
    async close() {
      await server.transaction([], () => ({ last: sql.forget([self]), value: undefined })).catch(() => undefined)
      await server.close()
    },
  }
}
