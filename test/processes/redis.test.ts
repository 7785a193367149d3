import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Locks } from '../../lib/locks/locks'
import { openRedisLocks } from '../../lib/locks/redis'
import { lockSettings } from '../../lib/locks/settings'
import { openRedisAttempts } from '../../lib/login/attempts/redis'
import { loginSettings } from '../../lib/login/settings'
import { redisBus } from '../../lib/mailbox/bus/redis-bus'
import type { Notice } from '../../lib/mailbox/mailbox'
import { parseRedis } from '../../lib/processes/redis'
import { silentLog } from '../../lib/terms/ports'
import { SettingsError } from '../../lib/terms/settings'
import { freePorts, installed, run } from '../e2e/demo'
import { eventually } from '../eventually'
import { PrivateRedis } from '../redis'

const LONG = process.env.MAILBOX_LONG === '1'

describe('the address of Redis', () => {
  const node = (host: string, port: number) => ({ host, port })
  const cases: readonly [string, unknown][] = [
    ['redis://10.0.0.6', { kind: 'single', nodes: [node('10.0.0.6', 6379)], options: {} }],
    ['/run/redis.sock', { kind: 'single', nodes: [], options: { path: '/run/redis.sock' } }],
    [
      'rediss://mail:p%40ss:w@[::1]:7000/3',
      {
        kind: 'single',
        nodes: [node('::1', 7000)],
        options: { username: 'mail', password: 'p@ss:w', db: 3, tls: {} },
      },
    ],
    [
      'redis-sentinel://:pw@a,b:26380/main/2?sentinelPassword=spw',
      {
        kind: 'sentinel',
        nodes: [node('a', 26379), node('b', 26380)],
        options: { password: 'pw', db: 2, name: 'main', sentinelPassword: 'spw' },
      },
    ],
    [
      'rediss-sentinel://a/main',
      {
        kind: 'sentinel',
        nodes: [node('a', 26379)],
        options: { tls: {}, name: 'main', sentinelTLS: {}, enableTLSForSentinelMode: true },
      },
    ],
    [
      'redis-cluster://:pw@a:7000,b',
      { kind: 'cluster', nodes: [node('a', 7000), node('b', 6379)], options: { password: 'pw' } },
    ],
  ]
  for (const [text, address] of cases) it(text, () => assert.deepEqual(parseRedis(text), address))

  for (const text of [
    'http://:s3cret@a',
    'redis://:s3cret@a,b',
    'redis://:s3cret@a/x',
    'redis://:s3cret@a:99999',
    'redis-sentinel://:s3cret@a',
    'redis-cluster://:s3cret@a/1',
    'redis://:s3cret@a?sentinel=b',
    'redis://:s3cret%@a',
  ]) {
    it(`refuses ${text}, and does not repeat it`, () => {
      assert.throws(
        () => lockSettings({ main: { redis: text } }),
        (error) => {
          assert.ok(error instanceof SettingsError)
          assert.match(error.message, /^mailbox_locks.ini: main.redis: /)
          assert.doesNotMatch(error.message, /s3cret/)
          return true
        },
      )
    })
  }

  it("without a setting: haraka-plugin-redis's redis.ini, [server] over [opts]", () => {
    const plugin = { main: {}, server: { host: 'r1', port: 6380 }, opts: { password: 'pw', database: '4', tls: true } }
    const wanted = { kind: 'single', nodes: [node('r1', 6380)], options: { password: 'pw', db: 4, tls: {} } }
    assert.deepEqual(lockSettings({}, plugin).redis, wanted)
    assert.deepEqual(loginSettings({}, plugin).redis, wanted)
    assert.deepEqual(lockSettings({}, { server: { ip: 'old', db: 1 } }).redis, {
      kind: 'single',
      nodes: [node('old', 6379)],
      options: { db: 1 },
    })
    assert.deepEqual(lockSettings({ main: { redis: 'redis://own' } }, plugin).redis.nodes, [node('own', 6379)])
    assert.deepEqual(lockSettings({}).redis, { kind: 'single', nodes: [node('127.0.0.1', 6379)], options: {} })
  })
})

const settingsOf = (url: string) => lockSettings({ main: { redis: url, expiry: '5s' } })
const take = (locks: Locks, wait: number) =>
  locks.acquire({ account: 'A1', access: 'exclusive', protocol: 'pop3', address: '192.0.2.1', wait })

/** Locks, attempts and notices, each once, at that address. */
async function allThree(url: string): Promise<void> {
  const redis = parseRedis(url)
  const one = await openRedisLocks({ settings: settingsOf(url) })
  const two = await openRedisLocks({ settings: settingsOf(url) })
  const attempts = openRedisAttempts({ redis, policy: loginSettings({}).policy, log: silentLog })
  const here = await redisBus({ redis, log: silentLog })
  const there = await redisBus({ redis, log: silentLog })
  try {
    const lease = await take(one, 0)
    assert.ok(lease.ok)
    assert.equal((await take(two, 0)).ok, false)
    // The wake-up comes by publish and subscribe.
    const waiting = take(two, 20_000)
    await lease.value.release()
    const granted = await waiting
    assert.ok(granted.ok)
    await granted.value.release()
    const who = { user: 'a@example.org', address: '192.0.2.1' }
    await attempts.record(who, { kind: 'failure', mark: 'x' }, Date.now())
    assert.ok((await attempts.buckets(who)).length > 0)
    const notice: Notice = { kind: 'mailbox', account: 'A1', mailbox: 'M1-1', modSeq: 7 }
    const heard = new Promise<Notice>((resolve) => there.subscribe((one) => one.kind === 'mailbox' && resolve(one)))
    here.publish(notice)
    assert.deepEqual(await heard, notice)
  } finally {
    await Promise.all([one.close(), two.close(), attempts.close(), here.close(), there.close()])
  }
}

describe('a Redis with TLS and a password, behind sentinels, in a cluster', function () {
  this.timeout(60_000)
  const servers: PrivateRedis[] = []
  let folder: string
  async function started(port: number, more: readonly string[], file?: string): Promise<PrivateRedis> {
    const server = new PrivateRedis(port, more, file)
    servers.push(server)
    await server.start()
    return server
  }
  const ask = async (port: number, ...words: string[]): Promise<string> =>
    (await run('redis-cli', ['-p', String(port), ...words])).stdout

  before(function () {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-redis-'))
    if (installed('redis-server') && installed('redis-cli')) return
    console.log('      no redis-server and redis-cli on this machine: skipped')
    this.skip()
  })
  after(async () => {
    await Promise.all(servers.map((server) => server.stop()))
    rmSync(folder, { recursive: true, force: true })
  })

  it('TLS with a certificate of our own, and a password', async function () {
    const [port = 0, tls = 0] = await freePorts(2)
    const [key, cert] = [path.join(folder, 'key.pem'), path.join(folder, 'cert.pem')]
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-keyout', key, '-out', cert]
    const made = await run('openssl', [...words, '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'])
    if (made.code !== 0) {
      console.log('      no openssl on this machine: skipped')
      return this.skip()
    }
    const files = ['--tls-cert-file', cert, '--tls-key-file', key, '--tls-ca-cert-file', cert]
    await started(port, ['--tls-port', String(tls), ...files, '--tls-auth-clients', 'no', '--requirepass', 'pass@word'])
    await allThree(`rediss://:pass%40word@127.0.0.1:${tls}/1?ca=${cert}`)
  })

  it(`sentinels${LONG ? '; when the primary is gone, the replica is used' : ''}`, async () => {
    const [first = 0, second = 0, watch = 0] = await freePorts(3)
    const primary = await started(first, ['--requirepass', 'pw', '--masterauth', 'pw'])
    await started(second, ['--requirepass', 'pw', '--masterauth', 'pw', '--replicaof', '127.0.0.1', String(first)])
    const file = path.join(folder, 'sentinel.conf')
    const lines = [
      `port ${watch}`,
      'bind 127.0.0.1',
      `dir ${folder}`,
      `sentinel monitor main 127.0.0.1 ${first} 1`,
      'sentinel auth-pass main pw',
      'sentinel down-after-milliseconds main 500',
      'sentinel failover-timeout main 2000',
    ]
    writeFileSync(file, `${lines.join('\n')}\n`)
    await started(watch, ['--sentinel'], file)
    const until = async (words: string[], wanted: RegExp): Promise<void> => {
      await eventually(`${words.join(' ')} says ${wanted}`, async () => wanted.test(await ask(watch, ...words)))
    }
    await until(['SENTINEL', 'REPLICAS', 'main'], new RegExp(`127.0.0.1:${second}[\\s\\S]*master-link-status\\nok`))
    const url = `redis-sentinel://:pw@127.0.0.1:${watch}/main`
    await allThree(url)
    // Sentinels take seconds to be sure.
    if (!LONG) return
    const locks = await openRedisLocks({ settings: settingsOf(url) })
    try {
      await primary.stop()
      await until(['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'main'], new RegExp(`^${second}$`, 'm'))
      await eventually('a lock from the new primary', async () => (await take(locks, 0)).ok)
    } finally {
      await locks.close()
    }
    await allThree(url)
  })

  it('a cluster of three', async () => {
    const ports = (await freePorts(3)).filter((port) => port < 55_000)
    if (ports.length < 3) ports.splice(0, 3, ...[0, 1, 2].map((at) => 21_000 + ((process.pid * 7 + at) % 20_000)))
    for (const port of ports) {
      const file = path.join(folder, `nodes-${port}.conf`)
      await started(port, ['--cluster-enabled', 'yes', '--cluster-config-file', file])
    }
    const addresses = ports.map((port) => `127.0.0.1:${port}`)
    const third = Math.ceil(16_384 / 3)
    for (const [at, port] of ports.entries()) {
      const range = [at * third, Math.min(16_384, (at + 1) * third) - 1].map(String)
      assert.match(await ask(port, 'CLUSTER', 'ADDSLOTSRANGE', ...range), /OK/)
      if (at > 0) assert.match(await ask(port, 'CLUSTER', 'MEET', '127.0.0.1', String(ports[0])), /OK/)
    }
    await eventually('a cluster of three nodes that know each other', async () => {
      const states = await Promise.all(ports.map((port) => ask(port, 'CLUSTER', 'INFO')))
      return states.every((state) => /cluster_state:ok[\s\S]*cluster_known_nodes:3/.test(state))
    })
    const url = `redis-cluster://${addresses.join(',')}`
    await allThree(url)
    // A subscription that is lost says so, and stands again.
    const bus = await redisBus({ redis: parseRedis(url), log: silentLog })
    const gap = new Promise<void>((resolve) => bus.subscribe((notice) => notice.kind === 'gap' && resolve()))
    for (const port of ports) await ask(port, 'CLIENT', 'KILL', 'TYPE', 'pubsub')
    await gap
    await bus.close()
  })
})
