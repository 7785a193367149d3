import { randomUUID } from 'node:crypto'
import { connectRedis, connectSubscriber, type RedisAddress } from '../../processes/redis'
import type { Log } from '../../terms/ports'
import type { Bus, Notice } from '../mailbox'
import { decodeFrame, encodeFrame } from './frames'
import { createNoticeListeners } from './listeners'
import { createOutbox } from './outbox'

export interface RedisBusOptions {
  readonly redis: RedisAddress
  readonly log: Log
  /** begins the channel's name; one store, one prefix */
  readonly prefix?: string
}

/** Notices between hosts, by Redis publish/subscribe. After a lost connection everybody hears `gap`. */
export async function redisBus({ redis: address, log, prefix = 'mailbox' }: RedisBusOptions): Promise<Bus> {
  const channel = `${prefix}:notices`
  const own = randomUUID()
  const { tell, subscribe } = createNoticeListeners(log)
  // A publisher without an offline queue: what cannot be said now is found again by `gap`.
  const publisher = connectRedis(address, { enableOfflineQueue: false, lazyConnect: true, maxRetriesPerRequest: 1 })
  const subscriber = connectSubscriber(address, { lazyConnect: true })
  for (const [name, redis] of Object.entries({ publisher, subscriber })) {
    redis.on('error', (error: Error) => log.debug(`notices: redis ${name}: ${error.message}`))
    redis.on('end', () => log.warn(`notices: redis ${name} is gone for good`))
  }

  subscriber.on('message', (_channel: string, text: string) => {
    const [from, ...lines] = text.split('\n')
    if (from === own) return
    for (const line of lines) {
      const frame = line === '' ? undefined : decodeFrame(line)
      if (frame !== undefined && frame.kind !== 'hello') tell(frame)
    }
  })
  let closed = false
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
    subscriber.subscribe(channel).then(
      () => tell({ kind: 'gap' }),
      (error: Error) => log.warn(`notices: not subscribed: ${error.message}`),
    )
  })

  let owed = false
  function send(notices: readonly Notice[]): void {
    const said: readonly Notice[] = owed ? [...notices, { kind: 'gap' }] : notices
    publisher.publish(channel, `${own}\n${said.map(encodeFrame).join('')}`).then(
      () => {
        owed = false
      },
      (error: Error) => {
        owed = !closed
        log.debug(`notices: not published: ${error.message}`)
      },
    )
  }
  publisher.on('ready', () => {
    if (owed) send([])
  })
  const outbox = createOutbox(send)

  return {
    publish: outbox.add,
    subscribe,
    async close() {
      outbox.flush()
      closed = true
      await Promise.allSettled([publisher.quit(), subscriber.quit()])
    },
  }
}
