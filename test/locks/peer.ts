import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Lease, LockRequest, Locks } from '../../lib/locks/locks'
import { openPostgresLocks } from '../../lib/locks/postgres'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { onAbort } from '../../lib/terms/abort'

/** A process of its own with locks of its own, that does as it is told. `peer-process.ts` is the other side. */
export interface Place {
  /** a folder, or `redis://...`, or `postgres://...` */
  readonly where: string
  readonly redisPrefix?: string
  /** milliseconds; may be shorter than operators may set it */
  readonly expiry?: number
}
export type Order =
  | { readonly kind: 'open'; readonly place: Place }
  | { readonly kind: 'acquire'; readonly request: LockRequest }
  | { readonly kind: 'release'; readonly lease: string }
  | { readonly kind: 'kick'; readonly account: string }
  | { readonly kind: 'list' }
  | { readonly kind: 'close' }
export type Answer =
  | { readonly kind: 'granted'; readonly lease: string; readonly fence: number }
  /** `by`: protocol of the holder that stood in the way */
  | { readonly kind: 'refused'; readonly why: string; readonly by?: string }
  | { readonly kind: 'done'; readonly accounts?: readonly string[] }
export type Said = { readonly to: number; readonly answer: Answer } | { readonly lost: string; readonly reason: string }

function openAt({ where, redisPrefix, expiry }: Place): Promise<Locks> {
  const [scheme] = where.split(':')
  const redis = scheme === 'redis' && { redis: where, ...(redisPrefix && { redis_prefix: redisPrefix }) }
  const main = { ...redis, ...(scheme === 'postgres' && { postgres: where }) }
  const settings = { ...lockSettings({ main }), ...(expiry !== undefined && { expiry }) }
  if (scheme === 'redis') return openRedisLocks({ settings })
  return scheme === 'postgres' ? openPostgresLocks({ settings }) : openEmbeddedLocks({ path: where, settings })
}

const say = (said: Said): void => {
  if (process.connected) process.send?.(said)
}
const leases = new Map<string, Lease>()
let locks: Locks | undefined

async function obey(order: Order): Promise<Answer> {
  if (order.kind === 'open') {
    locks = await openAt(order.place)
    return { kind: 'done' }
  }
  if (!locks) throw new Error('not open')
  switch (order.kind) {
    case 'acquire': {
      const result = await locks.acquire(order.request)
      if (!result.ok) {
        const { fault } = result
        return { kind: 'refused', why: fault.kind, ...(fault.kind === 'held' && { by: fault.by.protocol }) }
      }
      const lease = result.value
      leases.set(lease.id, lease)
      // After the answer: what is lost must be known first.
      setImmediate(() => onAbort(lease.lost, () => say({ lost: lease.id, reason: String(lease.lost.reason) })))
      return { kind: 'granted', lease: lease.id, fence: lease.fence }
    }
    case 'release':
      await leases.get(order.lease)?.release()
      return { kind: 'done' }
    case 'kick':
      // Who is cut off from Redis can kick nobody, and is told so.
      await locks.kick(order.account).catch(() => undefined)
      return { kind: 'done' }
    case 'list':
      return { kind: 'done', accounts: (await locks.list()).map(({ account }) => account) }
    case 'close':
      await locks.close()
      return { kind: 'done' }
  }
}

process.on('message', ({ seq, order }: { seq: number; order: Order }) => {
  obey(order).then(
    (answer) => {
      say({ to: seq, answer })
      if (order.kind === 'close') process.disconnect()
    },
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
