import { readFileSync } from 'node:fs'
import { Cluster, Redis, type RedisOptions } from 'ioredis'
import { textOf } from '../terms/errors'

type Options = Pick<
  RedisOptions,
  | 'username'
  | 'password'
  | 'db'
  | 'tls'
  | 'path'
  | 'name'
  | 'sentinelUsername'
  | 'sentinelPassword'
  | 'sentinelTLS'
  | 'enableTLSForSentinelMode'
>
type Manner = Pick<
  RedisOptions,
  'lazyConnect' | 'enableOfflineQueue' | 'retryStrategy' | 'maxRetriesPerRequest' | 'connectTimeout' | 'commandTimeout'
>

/** Where Redis is. Holds passwords: never logged. */
export interface RedisAddress {
  readonly kind: 'single' | 'sentinel' | 'cluster'
  /** the server, the sentinels, or some nodes of the cluster; none for a Unix socket */
  readonly nodes: readonly { readonly host: string; readonly port: number }[]
  readonly options: Options
}

const FORM = /^(rediss?)(?:-(sentinel|cluster))?:\/\/(?:([^@/?]*)@)?([^@/?]+)(?:\/([^?]*))?(?:\?(.*))?$/
const NODE = /^(\[[0-9a-f:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/i
const FILES = ['ca', 'cert', 'key'] as const
const SENTINEL = ['sentinelUsername', 'sentinelPassword'] as const

function databaseOf(text: string): number {
  if (!/^\d{0,5}$/.test(text)) throw new Error('the database must be a number')
  return Number(text)
}

/**
 * `redis://[user:password@]host[:port][/database]`, `redis-sentinel://...@host[:port],host[:port]/group[/database]`,
 * `redis-cluster://...@host[:port],host[:port]`, each with `rediss` for TLS, and `/path` of a Unix socket. After `?`:
 * `ca`, `cert`, `key` (PEM files), `sentinelUsername`, `sentinelPassword`. Characters such as @ in a password as %40.
 * Throws an error whose text holds nothing of what was given.
 */
export function parseRedis(text: string): RedisAddress {
  if (text.startsWith('/')) return { kind: 'single', nodes: [], options: { path: text } }
  const [, scheme, form, login, hosts = '', rest = '', query] = FORM.exec(text) ?? []
  if (scheme === undefined) {
    throw new Error('expected redis://, redis-sentinel://, redis-cluster:// (rediss for TLS) or the path of a socket')
  }
  const kind = form === 'sentinel' || form === 'cluster' ? form : 'single'
  const nodes = hosts.split(',').map((one) => {
    const [, host, port = kind === 'sentinel' ? '26379' : '6379'] = NODE.exec(one) ?? []
    if (host === undefined || Number(port) > 65_535) throw new Error('expected host or host:port')
    return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
  })
  if (kind === 'single' && nodes.length > 1) throw new Error('several hosts need redis-sentinel:// or redis-cluster://')
  const [group = '', database = ''] = kind === 'sentinel' ? rest.split('/') : ['', rest]
  if (kind === 'sentinel' && group === '') throw new Error('the group that the sentinels watch is missing: /group')
  if (kind === 'cluster' && databaseOf(database) !== 0) throw new Error('a cluster has database 0 only')
  const words = new URLSearchParams(query)
  const known: readonly string[] = [...FILES, ...SENTINEL]
  if ([...words.keys()].some((word) => !known.includes(word))) throw new Error(`after ? only ${known.join(', ')}`)
  const tls = Object.fromEntries(
    FILES.flatMap((file) => (words.has(file) ? [[file, readFileSync(words.get(file) ?? '')]] : [])),
  )
  const [user = '', ...password] = (login ?? '').split(':')
  const watch = scheme === 'rediss' && kind === 'sentinel' && { sentinelTLS: tls, enableTLSForSentinelMode: true }
  return {
    kind,
    nodes,
    options: {
      ...(user !== '' && { username: decodeURIComponent(user) }),
      ...(password.length > 0 && { password: decodeURIComponent(password.join(':')) }),
      ...(databaseOf(database) > 0 && { db: databaseOf(database) }),
      ...(scheme === 'rediss' && { tls }),
      ...(kind === 'sentinel' && { name: decodeURIComponent(group) }),
      ...watch,
      ...Object.fromEntries(SENTINEL.flatMap((one) => (words.has(one) ? [[one, words.get(one)]] : []))),
    },
  }
}

/** `redis.ini` of haraka-plugin-redis: `[server]` over `[opts]`, old spellings (`ip`, `db`) too. Empty: this machine. */
function fromPlugin(ini: Readonly<Record<string, unknown>>): RedisAddress {
  const all: Record<string, unknown> = { ...Object(ini.opts), ...Object(ini.server) }
  const text = (...names: string[]): string =>
    String(names.map((name) => all[name] ?? '').find((one) => one !== '') ?? '')
  return {
    kind: 'single',
    nodes: text('path') === '' ? [{ host: text('host', 'ip') || '127.0.0.1', port: Number(text('port') || 6379) }] : [],
    options: {
      ...(text('path') !== '' && { path: text('path') }),
      ...(text('username') !== '' && { username: text('username') }),
      ...(text('password') !== '' && { password: text('password') }),
      ...(text('database', 'db') !== '' && { db: databaseOf(text('database', 'db')) }),
      ...(text('tls') === 'true' && { tls: {} }),
    },
  }
}

/** The setting `key`, which says where Redis is; without it what redis.ini says. */
export function readRedis(
  read: { text(key: string, fallback: string): string; complain(text: string): void },
  key: string,
  plugin: Readonly<Record<string, unknown>>,
): RedisAddress {
  const text = read.text(key, '')
  try {
    return text === '' ? fromPlugin(plugin) : parseRedis(text)
  } catch (error) {
    read.complain(`${text === '' ? 'redis.ini' : key}: ${textOf(error)}`)
    return { kind: 'single', nodes: [], options: {} }
  }
}

/** @param options as for one connection; a cluster has several of that kind */
export function connectRedis({ kind, nodes, options }: RedisAddress, more: Manner): Redis | Cluster {
  const all = { ...more, ...options }
  if (kind === 'cluster') {
    const { lazyConnect = false, enableOfflineQueue = true, retryStrategy } = more
    return new Cluster([...nodes], {
      redisOptions: all,
      lazyConnect,
      enableOfflineQueue,
      ...(retryStrategy && { clusterRetryStrategy: (times) => Number(retryStrategy(times)) }),
    })
  }
  if (kind === 'sentinel') return new Redis({ ...all, sentinels: [...nodes] })
  return new Redis({ ...nodes[0], ...all })
}

/**
 * A connection for SUBSCRIBE, which says `ready` whenever it was lost. All nodes of a cluster hear what is published at one,
 * so that one connection does, to the next node when one is gone; ioredis' own cluster subscriber would change silently.
 */
export function connectSubscriber(address: RedisAddress, more: Manner): Redis {
  const { kind, nodes, options } = address
  const all = { ...more, ...options, maxRetriesPerRequest: null }
  if (kind === 'sentinel') return new Redis({ ...all, sentinels: [...nodes] })
  const redis = new Redis({
    ...nodes[0],
    ...all,
    retryStrategy(times) {
      if (kind === 'cluster') Object.assign(redis.options, nodes[times % nodes.length])
      return Math.min(times * 100, 2000)
    },
  })
  return redis
}
