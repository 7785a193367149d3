import { Redis } from 'ioredis'

/** The Redis that suites share; each takes a prefix of its own. */
export const REDIS = process.env.MAILBOX_TEST_REDIS ?? 'redis://127.0.0.1:6379'

export async function redisAnswers(): Promise<boolean> {
  const redis = new Redis(REDIS, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null })
  redis.on('error', () => undefined)
  const up = await redis.connect().then(
    () => true,
    () => false,
  )
  redis.disconnect()
  return up
}

/** Whether Redis is there; says so when it is not, for a suite that then skips. */
export async function redisOrSkip(): Promise<boolean> {
  const up = await redisAnswers()
  if (!up) console.log('      no Redis at MAILBOX_TEST_REDIS: skipped')
  return up
}

export async function removeKeys(prefix: string): Promise<void> {
  const redis = new Redis(REDIS)
  const keys = await redis.keys(`${prefix}*`)
  if (keys.length > 0) await redis.del(keys)
  await redis.quit()
}
