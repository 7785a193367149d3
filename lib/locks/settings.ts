import { type PostgresNews, readPostgres, readPostgresNews } from '../processes/postgres'
import { type RedisAddress, readRedis } from '../processes/redis'
import { type Ini, readSettings, type SettingsReader } from '../terms/settings'
import type { LockMode, LockProtocol } from './locks'
import type { WaitingLimits } from './places'
import type { TellHolder } from './refusal'

export interface LockSettings {
  readonly driver: 'embedded' | 'postgres' | 'redis' | 'memory'
  readonly postgres: { readonly url: string; readonly news: PostgresNews }
  readonly redis: RedisAddress
  /** begins every key in Redis; one store, one prefix */
  readonly redisPrefix: string
  readonly mode: LockMode
  /** milliseconds that a login waits for its turn before it is refused */
  readonly wait: Readonly<Record<LockProtocol, number>>
  /** how many may wait at once, in each process */
  readonly waiters: WaitingLimits
  /** milliseconds without a sign of life of the holding process after which its leases end */
  readonly expiry: number
  readonly takeover: 'never' | number
  readonly tellHolder: TellHolder
}

function takeoverOf(read: SettingsReader): 'never' | number {
  const text = read.text('main.takeover', 'never')
  if (text === 'never') return 'never'
  const seconds = /^idle:(\d+)s?$/.exec(text)?.[1]
  if (seconds === undefined) read.complain(`main.takeover = ${text}: expected never or idle:<seconds>`)
  return Number(seconds ?? 0) * 1000
}

/**
 * config/mailbox_locks.ini
 * @param plugin redis.ini of haraka-plugin-redis
 * @param store config/mailbox_store.ini
 */
export function lockSettings(ini: Ini, plugin: Ini = {}, store: Ini = {}): LockSettings {
  const read = readSettings('mailbox_locks.ini', ini)
  const settings: LockSettings = {
    driver: read.choice('main.driver', ['embedded', 'postgres', 'redis', 'memory'], 'embedded'),
    postgres: {
      url: readPostgres(read, 'main.postgres', store),
      news: readPostgresNews(read, 'main.postgres_news'),
    },
    redis: readRedis(read, 'main.redis', plugin),
    redisPrefix: read.text('main.redis_prefix', 'mailbox-locks'),
    mode: read.choice('main.mode', ['strict', 'pop3', 'snapshot'], 'strict'),
    expiry: read.duration('main.expiry', '30s'),
    takeover: takeoverOf(read),
    tellHolder: read.choice('main.tell_holder', ['protocol', 'address', 'no'], 'protocol'),
    wait: {
      pop3: read.duration('wait.pop3', '8s'),
      imap: read.duration('wait.imap', '5s'),
      webmail: read.duration('wait.webmail', '3s'),
      admin: read.duration('wait.admin', '3s'),
      api: read.duration('wait.api', '3s'),
    },
    waiters: {
      account: read.number('limits.waiters_per_account', 250, { min: 1 }),
      address: read.number('limits.waiters_per_address', 500, { min: 1 }),
      all: read.number('limits.waiters', 2000, { min: 1 }),
    },
  }
  if (settings.expiry < 5000) read.complain('main.expiry: 5s at least, renewals need a third of it')
  read.done()
  return settings
}
