import path from 'node:path'
import { type Journal, type JournalRange, openJournal } from '../../engine/sqlite/disposable/journal'
import type { Clock, Log } from '../../terms/ports'
import type { DeliveryEntry } from './entries'
import { program } from './program'

interface DeliveryFilter extends JournalRange {
  /** part of the sender's or the recipient's address, in any case */
  readonly address?: string | undefined
  readonly outcome?: DeliveryEntry['outcome'] | undefined
  readonly messageId?: string | undefined
  readonly minSize?: number | undefined
}

export interface DeliveryLog extends Omit<Journal<DeliveryEntry>, 'list'> {
  /** newest first */
  list(filter: DeliveryFilter): Promise<readonly DeliveryEntry[]>
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

export async function openDeliveryLog({ path: folder, ...options }: DeliveryLogOptions): Promise<DeliveryLog> {
  const journal = await openJournal({
    ...options,
    file: path.join(folder, 'deliveries.sqlite'),
    program,
    name: 'the log of deliveries',
    select: 'SELECT at, id, sender, recipient, outcome, reply, size, message_id FROM deliveries',
    entryOf,
    most: MOST,
  })
  return { ...journal, list: (filter) => journal.list(filter, (entry) => matches(entry, filter)) }
}
