import { failed, type Result } from '../terms/fault'
import { type Fence, fence } from '../terms/numbers'
import type { Metrics } from '../terms/ports'
import type { Access, EndReason, Holder, Lease, LockProtocol, LockRequest, Refusal } from './locks'

/** What a driver's table says of a grant. */
export interface Granted {
  readonly id: string
  readonly access: Access
  readonly protocol: LockProtocol
  readonly fence: number | string
}

export interface LeasePorts {
  readonly metrics: Metrics
  /** milliseconds; the wall clock, as activity is shown to people */
  now(): number
  /** Takes the lease out of the table. Never rejects. */
  giveBack(account: string, id: string): void | Promise<void>
  describe(account: string, id: string, client: string): void
}

interface Entry extends Granted {
  readonly account: string
  readonly ended: AbortController
  /** by the monotonic clock */
  readonly since: number
  activeAt: number
  noted: number
}

/** The leases that sessions of this process hold, whatever table they stand in. */
export function createLeases({ metrics, now, giveBack, describe }: LeasePorts) {
  const held = new Map<string, Entry>()

  function over(entry: Entry, reason: EndReason): void {
    held.delete(entry.id)
    const { protocol } = entry
    metrics.move('mailbox_locks', -1, { protocol })
    metrics.count('mailbox_lock_ended_total', { protocol, reason })
    metrics.observe('mailbox_lock_held_seconds', (performance.now() - entry.since) / 1000, { protocol })
  }

  /** Ends a lease from outside. @returns whether this process held it */
  function end(id: string, reason: EndReason): boolean {
    const entry = held.get(id)
    if (!entry) return false
    over(entry, reason)
    entry.ended.abort(reason)
    void giveBack(entry.account, id)
    return true
  }

  return {
    open(account: string, granted: Granted): Lease {
      const at = now()
      const { id, access, protocol } = granted
      const ended = new AbortController()
      const entry: Entry = {
        id,
        access,
        protocol,
        fence: granted.fence,
        account,
        ended,
        since: performance.now(),
        activeAt: at,
        noted: at,
      }
      held.set(id, entry)
      metrics.count('mailbox_lock_granted_total', { protocol })
      metrics.move('mailbox_locks', 1, { protocol })
      return {
        id,
        account,
        access,
        fence: fenceOf(granted),
        lost: ended.signal,
        touch: () => {
          entry.activeAt = now()
        },
        describe: (client) => {
          if (held.has(id)) describe(account, id, client)
        },
        release: async () => {
          if (held.get(id) !== entry) return
          over(entry, 'released')
          await giveBack(account, id)
        },
      }
    },
    end,
    /** @returns how many */
    endAll: (reason: EndReason): number => [...held.keys()].filter((id) => end(id, reason)).length,
    has: (id: string): boolean => held.has(id),
    ids: (): string[] => [...held.keys()],
    accounts: (): Set<string> => new Set([...held.values()].map(({ account }) => account)),
    get size() {
      return held.size
    },
    /** more recent than what the table knows; undefined: not of this process */
    activeAt: (id: string): number | undefined => held.get(id)?.activeAt,
    /** of all that this process holds of an account, by id */
    activeIn: (account: string): Record<string, number> =>
      Object.fromEntries(
        [...held.values()].filter((entry) => entry.account === account).map(({ id, activeAt }) => [id, activeAt]),
      ),
    /** Holders that were active since the last call, to be noted in the table. */
    *active(): Iterable<{ readonly account: string; readonly id: string; readonly activeAt: number }> {
      for (const entry of held.values()) {
        if (entry.activeAt === entry.noted) continue
        entry.noted = entry.activeAt
        yield entry
      }
    },
    refused({ protocol }: LockRequest, by: Holder): Result<Lease, Refusal> {
      metrics.count('mailbox_lock_refused_total', { protocol, holder: by.protocol })
      return failed({ kind: 'held', by })
    },
    unavailable({ protocol }: LockRequest, why: string): Result<Lease, Refusal> {
      metrics.count('mailbox_lock_unavailable_total', { protocol })
      return failed({ kind: 'unavailable', why })
    },
    waited({ protocol }: LockRequest, milliseconds: number): void {
      metrics.observe('mailbox_lock_waited_seconds', milliseconds / 1000, { protocol })
    },
  }
}

const fenceOf = (granted: Granted): Fence => fence(Number(granted.fence))
