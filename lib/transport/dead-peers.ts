import { readFile } from 'node:fs/promises'
import { endianness } from 'node:os'
import { canonicalAddress } from './address'

/**
 * Peers that vanished while octets were on their way to them. Keepalive probes are only sent when nothing waits for an
 * acknowledgement; otherwise the kernel repeats the octets for about 15 minutes, and Node cannot set TCP_USER_TIMEOUT. So
 * Linux's table of sockets is read now and then. Elsewhere the idle timers must do.
 */
export interface DeadPeerOptions {
  /** of the listener */
  readonly port: number
  /** milliseconds between two looks, and for which a suspect must have been silent */
  readonly every: number
  readonly limit: number
  /** whether there is anybody to look for */
  busy(): boolean
  /** `peerKey` of a connection whose peer is gone */
  found(key: string): void
}

const TABLES = ['/proc/self/net/tcp', '/proc/self/net/tcp6']
/** repetitions in a row that nobody answered: the time between them adapts to the path */
const LEAST = 4

/** Names a connection of one listener. */
export const peerKey = (local: string | undefined, remote: string | undefined, port: number | undefined): string =>
  `${local} ${remote} ${port}`

/** An address as the table has it (32-bit words in the host's order), as Node spells it. */
function spelled(hex: string): string {
  const octets = Buffer.from(hex, 'hex')
  if (endianness() === 'LE') octets.swap32()
  if (octets.length === 4) return octets.join('.')
  const groups = octets.toString('hex').match(/.{4}/g) ?? []
  return canonicalAddress(groups.join(':'))
}

/**
 * Connections of a listener whose octets nobody acknowledges: key to the number of repetitions. A row (proc(5)): local and remote
 * address, state 01 (established), queues, timer (01 retransmission, 04 window probe) with its end, repetitions, uid, probes.
 */
export function repeating(table: string, port: number): Map<string, number> {
  const local = port.toString(16).toUpperCase().padStart(4, '0')
  const row = new RegExp(
    `^ *\\d+: ([0-9A-F]+):${local} ([0-9A-F]+):([0-9A-F]{4}) 01 [0-9A-F]{8}:[0-9A-F]{8} 0([14]):[0-9A-F]+ ([0-9A-F]{8}) +\\d+ +(\\d+) `,
    'gm',
  )
  const found = new Map<string, number>()
  for (const [, ours = '', theirs = '', theirPort = '', timer = '', repeats = '', probes = ''] of table.matchAll(row)) {
    const times = timer === '1' ? Number.parseInt(repeats, 16) : Number(probes)
    if (times > 0) found.set(peerKey(spelled(ours), spelled(theirs), Number.parseInt(theirPort, 16)), times)
  }
  return found
}

/** @returns stop */
export function watchDeadPeers({ port, every, limit, busy, found }: DeadPeerOptions): () => void {
  let suspects = new Map<string, { readonly since: number; readonly times: number }>()

  async function look(): Promise<void> {
    const tables = await Promise.all(TABLES.map((file) => readFile(file, 'latin1').catch(() => '')))
    const now = performance.now()
    const still: typeof suspects = new Map()
    for (const [key, times] of tables.flatMap((table) => [...repeating(table, port)])) {
      const before = suspects.get(key)
      // Fewer than before: something was answered in between.
      const since = before && before.times <= times ? before.since : now
      if (now - since >= limit && times >= LEAST) found(key)
      else still.set(key, { since, times })
    }
    suspects = still
  }
  let looking = false
  const timer = setInterval(() => {
    if (looking || !busy()) return
    looking = true
    void look().finally(() => {
      looking = false
    })
  }, every).unref()
  return () => clearInterval(timer)
}
