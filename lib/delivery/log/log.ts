import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openDisposable } from '../../engine/sqlite/disposable/disposable'
import { textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import { turn } from '../../work/turns'
import type { DeliveryEntry } from './entries'
import { program } from './program'

interface DeliveryFilter {
  /** part of the sender's or the recipient's address, in any case */
  readonly address?: string | undefined
  readonly outcome?: DeliveryEntry['outcome'] | undefined
  readonly messageId?: string | undefined
  /** milliseconds since 1970, both inclusive */
  readonly from?: number | undefined
  readonly to?: number | undefined
  readonly minSize?: number | undefined
  readonly limit: number
}

export interface DeliveryLog {
  /** Never rejects and costs no flush; a delivery does not wait for it. */
  note(entries: readonly DeliveryEntry[]): Promise<void>
  /** newest first */
  list(filter: DeliveryFilter): Promise<readonly DeliveryEntry[]>
  close(): Promise<void>
}

export interface DeliveryLogOptions {
  /** folder of its own; made when missing */
  readonly path: string
  /** milliseconds */
  readonly keep: number
  readonly clock: Clock
  readonly log: Log
}

const MOST = 200_000
/** milliseconds in which entries come together for one write: one for each message was 8 % of what a delivery costs */
const GATHER = 100
/** Rows that a question looks at in one step. */
const PAGE = 500

const ROWS = `
SELECT at, id, sender, recipient, outcome, reply, size, message_id FROM deliveries
WHERE at >= ? AND (at, id) < (?, ?) ORDER BY at DESC, id DESC LIMIT ${PAGE}`

type Row = [number, number, string, string, DeliveryEntry['outcome'], string, number, string]

const entryOf = ([at, , sender, recipient, outcome, reply, size, messageId]: Row): DeliveryEntry => ({
  at,
  sender,
  recipient,
  outcome,
  reply,
  size,
  messageId,
})

const matches = (entry: DeliveryEntry, filter: DeliveryFilter): boolean => {
  const part = filter.address?.toLowerCase()
  return (
    (part === undefined || entry.sender.toLowerCase().includes(part) || entry.recipient.toLowerCase().includes(part)) &&
    (filter.outcome === undefined || entry.outcome === filter.outcome) &&
    (filter.messageId === undefined || entry.messageId.includes(filter.messageId)) &&
    (filter.minSize === undefined || entry.size >= filter.minSize)
  )
}

/** All processes of a host share one SQLite file. Nobody waits for its disk: it may lose its last second, mail never. */
export async function openDeliveryLog({ path: folder, keep, clock, log }: DeliveryLogOptions): Promise<DeliveryLog> {
  const db = await openDisposable(path.join(folder, 'deliveries.sqlite'), program, {
    log,
    lost: 'the log of deliveries',
  })
  let noted: DeliveryEntry[] = []
  let writing: Promise<void> | undefined

  async function writeNoted(): Promise<void> {
    while (noted.length > 0) {
      await pause(GATHER)
      const added = noted
      noted = []
      try {
        await db.write('add', [added, { most: MOST, oldest: clock.now() - keep }], 'visible')
      } catch (error) {
        log.error(`the log of deliveries cannot be written: ${textOf(error)}`)
      }
    }
    writing = undefined
  }

  return {
    note(added) {
      noted.push(...added)
      writing ??= writeNoted()
      return writing
    },
    async list(filter) {
      const { from = 0, to = Number.MAX_SAFE_INTEGER, limit } = filter
      const matching: DeliveryEntry[] = []
      let rows: Row[] = []
      do {
        const [at, id] = rows.at(-1) ?? [to, Number.MAX_SAFE_INTEGER]
        rows = db.read((sql) => sql.columns<Row>(ROWS, from, at, id))
        matching.push(...rows.map(entryOf).filter((entry) => matches(entry, filter)))
        await turn()
      } while (rows.length === PAGE && matching.length < limit)
      return matching.slice(0, limit)
    },
    async close() {
      await writing
      await db.close()
    },
  }
}
