import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { Wire } from '../kit'
import { type Way, wayTo } from '../locks/network'
import { openTestStore, type PrivateServer, serverOrSkip } from '../postgres'
import { PrivateRedis } from '../redis'
import { ACCOUNTS, type Demo, freePorts, installed, removeHome, startDemo } from './demo'

const alice = 'alice@example.org'
/** milliseconds of faults */
const LASTS = process.env.MAILBOX_LONG === '1' ? 180_000 : 3000
const SENDERS = 4

async function said(wire: Wire, line: string, wanted: RegExp): Promise<string> {
  wire.send(`${line}\r\n`)
  return wire.until(wanted)
}

/** One try; the code of the reply to its end, or of the first that was not as wished. */
async function send(port: number, subject: string): Promise<string> {
  const wire = new Wire(port)
  try {
    await wire.until(/^220 .*\r\n/m)
    const text = `From: x@example.com\r\nSubject: ${subject}\r\n\r\nbody\r\n.`
    let reply = ''
    for (const line of ['HELO x.example.org', 'MAIL FROM:<x@example.com>', `RCPT TO:<${alice}>`, 'DATA', text]) {
      reply = (await said(wire, line, /^\d{3} .*\r\n/m)).slice(0, 3)
      if (!/^[23]/.test(reply)) break
    }
    return reply
  } finally {
    wire.close()
  }
}

/** The whole INBOX as UIDs and subjects; undefined when the server said that it cannot now, or ended the session. */
async function look(port: number): Promise<Map<number, string> | undefined> {
  const wire = new Wire(port)
  try {
    return await list(wire)
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('the connection ended')) return undefined
    throw error
  } finally {
    wire.close()
  }
}

async function list(wire: Wire): Promise<Map<number, string> | undefined> {
  await wire.until(/^\* OK.*\r\n/m)
  for (const line of [`a LOGIN ${alice} "${ACCOUNTS[alice]}"`, 'a EXAMINE INBOX']) {
    const answer = await said(wire, line, /^(a (OK|NO|BAD)|\* BYE).*\r\n/m)
    if (!/^a OK/m.test(answer)) {
      assert.match(answer, /^(a NO \[(UNAVAILABLE|INUSE)\]|\* BYE)/m)
      return undefined
    }
  }
  const all = await said(wire, 'b UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])', /^(b (OK|NO|BAD)|\* BYE).*\r\n/m)
  if (!/^b OK/m.test(all)) return undefined
  return new Map(
    [...all.matchAll(/UID (\d+).*\r\nSubject: (\S+)/g)].map(([, uid, subject]) => [Number(uid), subject ?? '']),
  )
}

describe('two hosts while PostgreSQL and Redis fail at random', function () {
  this.timeout(LASTS + 120_000)
  const hosts: Demo[] = []
  let server: PrivateServer | undefined
  let redis: PrivateRedis | undefined
  let way: Way | undefined

  before(async function () {
    const [port = 0, redisPort = 0] = await freePorts(2)
    if (!installed('redis-server')) {
      console.log('      no redis-server on this machine: skipped')
      return this.skip()
    }
    server = await serverOrSkip(port)
    if (!server) return this.skip()
    redis = new PrivateRedis(redisPort)
    await redis.start()
    way = await wayTo('127.0.0.1', port)
    const settings = [
      `mailbox_store.ini:postgres.url=postgres://postgres@127.0.0.1:${way.port}/postgres`,
      'mailbox_store.ini:postgres.connect_timeout=1s',
      'mailbox_store.ini:postgres.statement_timeout=1s',
      `mailbox_locks.ini:main.redis=redis://127.0.0.1:${redisPort}`,
      'mailbox_locks.ini:main.expiry=5s',
    ].flatMap((text) => ['--set', text])
    const args = ['--store', 'postgres', '--locks', 'redis', '--nodes', '0', ...settings]
    for (const demo of await Promise.all([startDemo(args), startDemo(args)])) hosts.push(demo)
  })
  after(async () => {
    way?.heal()
    await Promise.all(hosts.map((demo) => demo.stop()))
    for (const demo of hosts) removeHome(demo)
    way?.close()
    await redis?.stop()
    await server?.remove()
  })

  it('nothing acknowledged is lost or doubled, no UID comes late, and all is well again by itself', async () => {
    assert.ok(server && redis && way)
    const [database, cache, cable] = [server, redis, way]
    const portOf = (at: number, name: 'smtp' | 'imap'): number => hosts[at % hosts.length]?.[name] ?? 0
    let over = false
    const tries = new Map<string, number>()
    const acknowledged = new Set<string>()
    let refused = 0

    const senders = Array.from({ length: SENDERS }, async (_nothing, sender) => {
      for (let i = 0; !over; i++) {
        const subject = `s${sender}-${i}`
        for (let attempt = 1; ; attempt++) {
          tries.set(subject, attempt)
          const code = await send(portOf(i + attempt, 'smtp'), subject)
          if (code === '250') {
            acknowledged.add(subject)
            break
          }
          assert.match(code, /^4/, 'a fault is temporary')
          refused++
          if (over) break
          await pause(20)
        }
      }
    })
    const watchers = hosts.map(async (host) => {
      let highest = 0
      let known = new Set<number>()
      while (!over) {
        const seen = await look(host.imap)
        if (seen) {
          for (const uid of seen.keys()) assert.ok(uid > highest || known.has(uid), `UID ${uid} came after ${highest}`)
          known = new Set(seen.keys())
          highest = Math.max(highest, ...known)
        }
        await pause(20)
      }
    })

    const faults: readonly (readonly [string, () => Promise<void>])[] = [
      [
        'PostgreSQL crashes',
        async () => {
          await database.crash()
          await pause(300)
          await database.start()
        },
      ],
      [
        'connections are killed',
        async () => {
          const client = new Client({ connectionString: database.url })
          await client.connect()
          const text = 'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()'
          for (let i = 0; i < 10; i++) {
            await client.query(`${text} AND application_name = 'haraka-mailbox'`)
            await pause(20)
          }
          await client.end()
        },
      ],
      [
        'the way to PostgreSQL is cut',
        async () => {
          cable.cut()
          await pause(500)
          cable.heal()
        },
      ],
      [
        'Redis is restarted, empty',
        async () => {
          await cache.stop()
          await pause(200)
          await cache.start()
        },
      ],
      [
        'Redis is paused',
        async () => {
          cache.signal('SIGSTOP')
          await pause(500)
          cache.signal('SIGCONT')
        },
      ],
    ]
    const counts = new Map<string, number>()
    const end = Date.now() + LASTS
    const working = Promise.all([...senders, ...watchers]).catch((error: unknown) => {
      over = true
      throw error
    })
    working.catch(() => undefined)
    try {
      // Each once in turn at first, then at random.
      for (let i = 0; Date.now() < end && !over; i++) {
        const [name, happens] = faults[i < faults.length ? i : Math.floor(Math.random() * faults.length)] ?? [
          '',
          async () => {},
        ]
        counts.set(name, (counts.get(name) ?? 0) + 1)
        await happens()
        await pause(Math.random() * 200)
      }
    } finally {
      over = true
    }
    await working

    // By itself: nobody is restarted.
    for (const host of hosts) {
      let seen: Map<number, string> | undefined
      for (let i = 0; i < 300 && !seen; i++) {
        seen = await look(host.imap)
        if (!seen) await pause(100)
      }
      assert.ok(seen, 'it did not recover')
      const copies = new Map<string, number>()
      for (const subject of seen.values()) copies.set(subject, (copies.get(subject) ?? 0) + 1)
      for (const subject of acknowledged) assert.ok(copies.has(subject), `${subject} is lost`)
      // An answer that was missing may have been a commit: each try is there at most once.
      for (const [subject, count] of copies)
        assert.ok(count <= (tries.get(subject) ?? 0), `${subject} is there ${count} times`)
    }
    assert.ok(acknowledged.size > 0)
    const store = await openTestStore(database)
    for await (const account of store.accounts.list()) assert.deepEqual(await store.check(account.id), [])
    await store.close()
    const list = [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
    console.log(`      ${acknowledged.size} acknowledged, ${refused} temporary errors; ${list}`)
  })
})
