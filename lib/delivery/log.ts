import { mkdirSync } from 'node:fs'
import { hostname } from 'node:os'
import { setTimeout as pause } from 'node:timers/promises'
import { openEnvironment, settled } from '../processes/environment'
import type { Clock, Log } from '../terms/ports'

/** What became of one recipient of one message; for operators. */
export interface DeliveryEntry {
  /** milliseconds since 1970 */
  readonly at: number
  /** reverse-path; empty: the null sender */
  readonly sender: string
  /** as it was given at RCPT */
  readonly recipient: string
  readonly outcome: 'stored' | 'later' | 'refused'
  /** reply to the client, such as `452 4.2.2 mailbox is full` */
  readonly reply: string
  /** octets as they came */
  readonly size: number
  readonly messageId: string
}

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
  list(filter: DeliveryFilter): readonly DeliveryEntry[]
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
/** entries that one question looks at */
const MOST_LOOKED_AT = 200_000
/** old ones taken away with each write: more than it adds */
const SWEEP = 4
/** milliseconds in which entries come together for one write: one for each message was 8 % of what a delivery costs */
const GATHER = 100

const matches = (entry: DeliveryEntry, filter: DeliveryFilter): boolean => {
  const part = filter.address?.toLowerCase()
  return (
    (part === undefined || entry.sender.toLowerCase().includes(part) || entry.recipient.toLowerCase().includes(part)) &&
    (filter.outcome === undefined || entry.outcome === filter.outcome) &&
    (filter.messageId === undefined || entry.messageId.includes(filter.messageId)) &&
    (filter.minSize === undefined || entry.size >= filter.minSize)
  )
}

/** All processes of a host share one LMDB environment that is not flushed: the log may lose its last moment, mail never. */
export function openDeliveryLog({ path, keep, clock, log }: DeliveryLogOptions): DeliveryLog {
  mkdirSync(path, { recursive: true, mode: 0o700 })
  const env = openEnvironment({ path, maxDbs: 2, mapSize: 64 * 1024 ** 2, noSync: true })
  const entries = env.openDB<DeliveryEntry, [number, string]>({ name: 'deliveries' })
  const own = `${hostname()}.${process.pid}`
  let serial = 0
  let noted: DeliveryEntry[] = []
  let writing: Promise<void> | undefined

  const count = (): number => {
    const stats: object = entries.getStats()
    return 'entryCount' in stats && typeof stats.entryCount === 'number' ? stats.entryCount : 0
  }
  function write(added: readonly DeliveryEntry[]): void {
    for (const entry of added) {
      serial += 1
      entries.putSync([entry.at, `${own}.${serial}`], entry)
    }
    let over = count() - MOST
    const oldest = clock.now() - keep
    for (const key of [...entries.getKeys({ limit: SWEEP * added.length })]) {
      if (over-- <= 0 && key[0] >= oldest) break
      entries.removeSync(key)
    }
  }

  async function writeNoted(): Promise<void> {
    while (noted.length > 0) {
      await pause(GATHER)
      const added = noted
      noted = []
      try {
        await settled(env.transaction(() => write(added)))
      } catch (error) {
        log.error(`the log of deliveries cannot be written: ${String(error)}`)
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
    list(filter) {
      const matching: DeliveryEntry[] = []
      const { from = 0, to = Number.MAX_SAFE_INTEGER } = filter
      const range = { start: [to, '\uffff'] as [number, string], end: [from, ''] as [number, string], reverse: true }
      for (const { value } of entries.getRange({ ...range, limit: MOST_LOOKED_AT })) {
        if (matches(value, filter)) matching.push(value)
        if (matching.length >= filter.limit) break
      }
      return matching
    },
    async close() {
      await writing
      await env.close()
    },
  }
}
