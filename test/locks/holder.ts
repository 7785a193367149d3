import { openEmbeddedLocks } from '../../lib/locks/embedded'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'

/** A process of its own that holds a lock until it is told or killed. */
async function main([where = '', account = '', protocol = '']: string[]): Promise<void> {
  const locks = where.startsWith('redis:')
    ? await openRedisLocks({ settings: lockSettings({ main: { redis: where } }) })
    : await openEmbeddedLocks({ path: where, settings: lockSettings({}) })
  const exclusive = protocol === 'pop3'
  const lease = await locks.acquire({
    account,
    access: exclusive ? 'exclusive' : 'shared',
    protocol: exclusive ? 'pop3' : 'imap',
    address: '192.0.2.9',
    wait: 0,
  })
  if (!lease.ok) throw new Error(lease.fault.kind)
  lease.value.lost.addEventListener('abort', () => process.send?.(lease.value.lost.reason))
  process.on('message', () => void lease.value.release())
  process.send?.('held')
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error)
  process.exit(1)
})
