import type { PostgresNews } from '../../processes/postgres'
import type { RedisAddress } from '../../processes/redis'
import type { Log } from '../../terms/ports'
import type { Bus } from '../mailbox'
import { postgresBus } from './postgres-bus'
import { redisBus } from './redis-bus'
import { socketBus } from './socket-bus'

export interface BusPlace {
  /** where the processes of this host find each other, absolute; it need not exist */
  readonly folder: string
  readonly postgres: { readonly url: string; readonly news: PostgresNews }
  readonly redis: RedisAddress
  /** begins every channel in Redis */
  readonly redisPrefix: string
  readonly log: Log
}

/** The one list of ways in which notices travel: `[notices] driver` of config/mailbox_store.ini. */
export const BUS_DRIVERS: Readonly<Record<'socket' | 'postgres' | 'redis', (place: BusPlace) => Promise<Bus>>> = {
  socket: ({ folder, log }) => socketBus({ directory: folder, log }),
  postgres: ({ postgres, log }) => postgresBus({ ...postgres, log }),
  redis: ({ redis, redisPrefix, log }) => redisBus({ redis, prefix: redisPrefix, log }),
}
