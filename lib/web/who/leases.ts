import type { Lease, Refusal } from '../../locks/locks'
import type { AccountMail, Entry } from '../../mailbox/mailbox'
import { ok, type Result } from '../../terms/fault'
import type { Clock, Log } from '../../terms/ports'
import type { Credential, Sessions } from './sessions'

/**
 * The shared lock of each session that this process serves: taken by the first request that touches mail, kept from request
 * to request, given back after the idle time, at log out (of any process), and when the session ends.
 */
export interface Leases {
  hold(credential: Credential, mail: AccountMail, entry: Entry): Promise<Result<Lease, Refusal>>
  /** Called when a session's lease here ends by anything but its own release. */
  onLost(listener: (credentialId: string) => void): () => void
  releaseAll(credentialId: string): Promise<void>
  close(): Promise<void>
}

/** milliseconds between two looks at sessions that may have ended elsewhere */
const SWEEP = 1000

interface Held {
  readonly credentialId: string
  /** milliseconds since 1970 */
  usedAt: number
  readonly lease: Promise<Result<Lease, Refusal>>
}

export function createLeases(ports: {
  readonly sessions: Sessions
  readonly clock: Clock
  readonly log: Log
  /** whether it opens still: not expired, its account open, its password the same */
  readonly alive: (credential: Credential) => Promise<boolean>
  /** milliseconds that a lease outlives the last request */
  readonly idleOf: (credential: Credential) => number
}): Leases {
  const { sessions, clock, log, alive, idleOf } = ports
  const held = new Map<string, Held>()
  const listeners = new Set<(credentialId: string) => void>()

  async function release(key: string): Promise<void> {
    const found = held.get(key)
    held.delete(key)
    const lease = await found?.lease
    if (lease?.ok) await lease.value.release()
  }

  function lost(key: string, credentialId: string, reason: unknown): void {
    held.delete(key)
    // Kicked: the session is over, everywhere. Taken over or expired: the next request may take it again.
    if (reason === 'kicked') void sessions.remove(credentialId)
    for (const listener of listeners) listener(credentialId)
  }

  async function sweep(): Promise<void> {
    for (const [key, one] of held) {
      const credential = await sessions.get(one.credentialId)
      const needed = credential && clock.now() - credential.activeAt <= idleOf(credential) && (await alive(credential))
      if (needed && (credential.releasedAt ?? 0) < one.usedAt) continue
      if (held.get(key) === one) await release(key)
    }
  }
  let sweeping = false
  const timer = setInterval(() => {
    if (sweeping) return
    sweeping = true
    sweep()
      .catch((error) => log.warn(`http: sessions cannot be looked at: ${String(error)}`))
      .finally(() => {
        sweeping = false
      })
  }, SWEEP).unref()

  return {
    async hold(credential, mail, entry) {
      const key = `${credential.id} ${mail.id}`
      const known = held.get(key)
      if (known) known.usedAt = clock.now()
      const before = await known?.lease
      if (before?.ok && !before.value.lost.aborted) {
        before.value.touch()
        return before
      }
      // Several requests of a page ask at once: one of them asks the lock.
      const asking = held.get(key)?.lease ?? mail.enter(entry)
      held.set(key, { credentialId: credential.id, lease: asking, usedAt: clock.now() })
      const lease = await asking
      if (!lease.ok) {
        if (held.get(key)?.lease === asking) held.delete(key)
        return lease
      }
      const signal = lease.value.lost
      signal.addEventListener('abort', () => lost(key, credential.id, signal.reason), { once: true })
      return ok(lease.value)
    },
    onLost: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async releaseAll(credentialId) {
      const keys = [...held].filter(([, one]) => one.credentialId === credentialId).map(([key]) => key)
      await Promise.all(keys.map(release))
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...held.keys()].map(release))
    },
  }
}
