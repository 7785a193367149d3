import { connectRedis, connectSubscriber, type RedisAddress } from '../../processes/redis'
import type { Log } from '../../terms/ports'
import type { Bus } from '../mailbox'
import { createPost } from './post'

export interface RedisBusOptions {
  readonly redis: RedisAddress
  readonly log: Log
  /** begins the channel's name; one store, one prefix */
  readonly prefix?: string
}

/** Notices between hosts, by Redis publish/subscribe. After a lost connection everybody hears `gap`. */
export async function redisBus({ redis: address, log, prefix = 'mailbox' }: RedisBusOptions): Promise<Bus> {
  const channel = `${prefix}:notices`
  // A publisher without an offline queue: what cannot be said now is found again by `gap`.
  const publisher = connectRedis(address, { enableOfflineQueue: false, lazyConnect: true, maxRetriesPerRequest: 1 })
  const subscriber = connectSubscriber(address, { lazyConnect: true })
  for (const [name, redis] of Object.entries({ publisher, subscriber })) {
    redis.on('error', (error: Error) => log.debug(`notices: redis ${name}: ${error.message}`))
    redis.on('end', () => log.warn(`notices: redis ${name} is gone for good`))
  }

  const { heard, missed, repeat, end, publish, subscribe } = createPost(log, (texts) =>
    Promise.all(texts.map((text) => publisher.publish(channel, text))),
  )
  subscriber.on('message', (_channel: string, text: string) => heard(text))
  try {
    await Promise.all([publisher.connect(), subscriber.connect()])
    await subscriber.subscribe(channel)
  } catch (error) {
    publisher.disconnect()
    subscriber.disconnect()
    throw error
  }
  // What was said until the subscription stands again is lost: only then is it the moment to look.
  subscriber.on('ready', () => {
    subscriber.subscribe(channel).then(missed, (error: Error) => log.warn(`notices: not subscribed: ${error.message}`))
  })

  publisher.on('ready', repeat)

  return {
    publish,
    subscribe,
    async close() {
      await end()
      await Promise.allSettled([publisher.quit(), subscriber.quit()])
    },
  }
}
