import type { Lease, Refusal } from '../../locks/locks'
import type { AccountMail, LockEntry } from '../../mailbox/mailbox'
import { textOf } from '../../terms/errors'
import { ok, type Result } from '../../terms/fault'
import type { Clock, Log } from '../../terms/ports'
import type { Credential, Sessions } from './sessions'

/**
 * The shared lock of each session that this process serves: taken by the first request that touches mail, kept from request
 * to request, given back after the idle time, at log out (of any process), and when the session ends.
 */
export interface Leases {
  hold(credential: Credential, mail: AccountMail, entry: LockEntry): Promise<Result<Lease, Refusal>>
  /** Called when a session's lease here ends by anything but its own release. */
  onLost(listener: (credentialId: string) => void): () => void
  releaseAll(credentialId: string): Promise<void>
  close(): Promise<void>
}

/** milliseconds between two looks at sessions that may have ended elsewhere */
const SWEEP = 1000

interface HeldLease {
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
  /** by session and account */
  const leases = new Map<string, HeldLease>()
  const listeners = new Set<(credentialId: string) => void>()

  async function release(key: string): Promise<void> {
    const asked = leases.get(key)
    leases.delete(key)
    const lease = await asked?.lease
    if (lease?.ok) await lease.value.release()
  }

  function lost(key: string, credentialId: string, reason: unknown): void {
    leases.delete(key)
    // Kicked: the session is over, everywhere. Taken over or expired: the next request may take it again.
    if (reason === 'kicked') {
      sessions
        .remove(credentialId)
        .catch((error) => log.warn(`http: a session that was ended is there still: ${textOf(error)}`))
    }
    for (const listener of listeners) listener(credentialId)
  }

  async function sweep(): Promise<void> {
    for (const [key, lease] of leases) {
      const credential = await sessions.get(lease.credentialId)
      const needed = credential && clock.now() - credential.activeAt <= idleOf(credential) && (await alive(credential))
      if (needed && (credential.releasedAt ?? 0) < lease.usedAt) continue
      if (leases.get(key) === lease) await release(key)
    }
  }
  let sweeping = false
  const timer = setInterval(() => {
    if (sweeping) return
    sweeping = true
    sweep()
      .catch((error) => log.warn(`http: sessions cannot be looked at: ${textOf(error)}`))
      .finally(() => {
        sweeping = false
      })
  }, SWEEP).unref()

  return {
    async hold(credential, mail, entry) {
      const key = `${credential.id} ${mail.id}`
      const before = leases.get(key)
      if (before) before.usedAt = clock.now()
      const lease = await before?.lease
      if (lease?.ok && !lease.value.lost.aborted) {
        lease.value.touch()
        return lease
      }
      // Several requests of a page ask at once: one of them asks the lock.
      const asking = leases.get(key)?.lease ?? mail.enter(entry)
      leases.set(key, { credentialId: credential.id, lease: asking, usedAt: clock.now() })
      const answer = await asking
      if (!answer.ok) {
        if (leases.get(key)?.lease === asking) leases.delete(key)
        return answer
      }
      const signal = answer.value.lost
      signal.addEventListener('abort', () => lost(key, credential.id, signal.reason), { once: true })
      return ok(answer.value)
    },
    onLost: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async releaseAll(credentialId) {
      const keys = [...leases].filter(([, lease]) => lease.credentialId === credentialId).map(([key]) => key)
      await Promise.all(keys.map(release))
    },
    async close() {
      clearInterval(timer)
      await Promise.all([...leases.keys()].map(release))
    },
  }
}
