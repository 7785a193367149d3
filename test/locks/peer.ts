import { openEmbeddedLocks } from '../../lib/locks/embedded'
import type { Lease, LockRequest } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'

/** A process of its own that acquires and releases as it is told. */
export type Order =
  | { readonly kind: 'acquire'; readonly request: LockRequest }
  | { readonly kind: 'release' }
  | { readonly kind: 'close' }
/** `by`: protocol of the holder that stood in the way */
export interface Answer {
  readonly granted: boolean
  readonly by?: string
}

async function main([where = '', redisPrefix = '']: string[]): Promise<void> {
  const locks = where.startsWith('redis:')
    ? await openRedisLocks({ settings: lockSettings({ main: { redis: where, redis_prefix: redisPrefix } }) })
    : await openEmbeddedLocks({ path: where, settings: lockSettings({}) })
  let lease: Lease | undefined

  async function obey(order: Order): Promise<Answer> {
    switch (order.kind) {
      case 'acquire': {
        const result = await locks.acquire(order.request)
        if (result.ok) lease = result.value
        else if (result.fault.kind === 'held') return { granted: false, by: result.fault.by.protocol }
        return { granted: result.ok }
      }
      case 'release':
        await lease?.release()
        return { granted: false }
      case 'close':
        await locks.close()
        process.disconnect()
        return { granted: false }
    }
  }
  process.on('message', (order: Order) => {
    obey(order).then(
      (answer) => process.connected && process.send?.(answer),
      (error: unknown) => {
        console.error(error)
        process.exit(1)
      },
    )
  })
  process.send?.({ granted: false })
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
