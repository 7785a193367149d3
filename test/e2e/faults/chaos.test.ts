import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { eventually } from '../../eventually'
import { Wire } from '../../kit'
import { type Way, wayTo } from '../../locks/network'
import { openTestStore, type PrivateServer, serverOrSkip } from '../../postgres'
import { randomFrom, SEED } from '../../random'
import { PrivateRedis } from '../../redis'
import { ACCOUNTS, type Demo, freePorts, installed, removeHome, startDemo } from '../demo'

const alice = 'alice@example.org'
/** whose mail a POP3 client takes away */
const bob = 'bob@example.org'
/** milliseconds of faults */
const LASTS = process.env.MAILBOX_LONG === '1' ? 180_000 : 3000
const SENDERS = 4

async function said(wire: Wire, line: string, wanted: RegExp): Promise<string> {
  wire.send(`${line}\r\n`)
  return wire.until(wanted)
}

const isCut = (error: unknown): boolean => error instanceof Error && error.message.startsWith('the connection ended')

/** One try; the code of the reply to its end, or of the first that was not as wished; `gone`: the host was killed. */
async function send(port: number, to: string, subject: string): Promise<string> {
  const wire = new Wire(port)
  try {
    await wire.until(/^220 .*\r\n/m)
    const text = `From: x@example.com\r\nSubject: ${subject}\r\n\r\nbody\r\n.`
    let reply = ''
    for (const line of ['HELO x.example.org', 'MAIL FROM:<x@example.com>', `RCPT TO:<${to}>`, 'DATA', text]) {
      reply = (await said(wire, line, /^\d{3} .*\r\n/m)).slice(0, 3)
      if (!/^[23]/.test(reply)) break
    }
    return reply
  } catch (error) {
    if (isCut(error)) return 'gone'
    throw error
  } finally {
    wire.close()
  }
}

/** One session; undefined when the server said that it cannot now, or ended the session. */
async function session<T>(port: number, run: (wire: Wire) => Promise<T | undefined>): Promise<T | undefined> {
  const wire = new Wire(port)
  try {
    return await run(wire)
  } catch (error) {
    if (isCut(error)) return undefined
    throw error
  } finally {
    wire.close()
  }
}

/** A mailbox as UIDs and subjects. */
const look = (port: number, user: keyof typeof ACCOUNTS = alice, mailbox = 'INBOX') =>
  session(port, (wire) => list(wire, user, mailbox))

async function enters(wire: Wire, user: keyof typeof ACCOUNTS, select: string): Promise<boolean> {
  await wire.until(/^\* OK.*\r\n/m)
  for (const line of [`a LOGIN ${user} "${ACCOUNTS[user]}"`, `a ${select}`]) {
    const answer = await said(wire, line, /^(a (OK|NO|BAD)|\* BYE).*\r\n/m)
    if (!/^a OK/m.test(answer)) {
      assert.match(answer, /^(a NO \[(UNAVAILABLE|INUSE)\]|\* BYE)/m)
      return false
    }
  }
  return true
}

/** Moves the first messages of INBOX away. */
const move = (port: number) =>
  session(port, async (wire) => {
    if (!(await enters(wire, alice, 'SELECT INBOX'))) return
    await said(wire, 'b MOVE 1:3 Archive', /^(b (OK|NO|BAD)|\* BYE).*\r\n/m)
  })

/**
 * A POP3 session that takes everything. `got` has what came over; `gone` the unique ids of what an answered QUIT deleted.
 * @returns ids that are there although they were deleted
 */
const fetchAll = (port: number, got: Map<string, number>, gone: Set<string>) =>
  session(port, async (wire) => {
    const ok = async (line: string, end = /^.*\r\n/): Promise<string | undefined> => {
      const answer = await said(wire, line, new RegExp(`^-ERR.*\\r\\n|${end.source}`, 'm'))
      return answer.startsWith('+OK') ? answer : undefined
    }
    await wire.until(/^\+OK.*\r\n/m)
    if (!(await ok(`USER ${bob}`)) || !(await ok(`PASS ${ACCOUNTS[bob]}`))) return undefined
    const ids = [...((await ok('UIDL', /^\.\r\n/)) ?? '').matchAll(/^(\d+) (\S+)\r$/gm)]
    const back = ids.flatMap(([, , id = '']) => (gone.has(id) ? [id] : []))
    const taken: string[] = []
    for (const [, number = '', id = ''] of ids) {
      const message = await ok(`RETR ${number}`, /^\.\r\n/)
      const [, subject] = /^Subject: (\S+)/m.exec(message ?? '') ?? []
      if (subject === undefined || !(await ok(`DELE ${number}`))) continue
      got.set(subject, (got.get(subject) ?? 0) + 1)
      taken.push(id)
    }
    if (await ok('QUIT')) for (const id of taken) gone.add(id)
    return back
  })

async function list(
  wire: Wire,
  user: keyof typeof ACCOUNTS,
  mailbox: string,
): Promise<Map<number, string> | undefined> {
  if (!(await enters(wire, user, `EXAMINE ${mailbox}`))) return undefined
  const all = await said(wire, 'b UID FETCH 1:* (BODY.PEEK[HEADER.FIELDS (SUBJECT)])', /^(b (OK|NO|BAD)|\* BYE).*\r\n/m)
  if (!/^b OK/m.test(all)) return undefined
  return new Map(
    [...all.matchAll(/UID (\d+).*\r\nSubject: (\S+)/g)].map(([, uid, subject]) => [Number(uid), subject ?? '']),
  )
}

describe('two hosts while PostgreSQL and Redis fail at random', function () {
  this.timeout(LASTS + 180_000)
  const hosts: Demo[] = []
  let args: readonly string[] = []
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
    args = ['--store', 'postgres', '--locks', 'redis', '--nodes', '0', ...settings]
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

  /** As a supervisor does, which starts it again where it does not come up because PostgreSQL or Redis are slow. */
  async function startAgain(home: string): Promise<Demo> {
    for (let tries = 1; ; tries++) {
      try {
        return await startDemo(args, home)
      } catch (error) {
        if (tries === 5) throw error
      }
    }
  }

  it(`nothing acknowledged is lost or doubled, no UID comes late, and all is well again by itself (MAILBOX_SEED=${SEED})`, async () => {
    const random = randomFrom(SEED)
    assert.ok(server && redis && way)
    const [database, cache, cable] = [server, redis, way]
    const portOf = (at: number, name: 'smtp' | 'imap' | 'pop3'): number => hosts[at % hosts.length]?.[name] ?? 0
    let over = false
    const tries = new Map<string, number>()
    const acknowledged = new Set<string>()
    let refused = 0

    const senders = Array.from({ length: SENDERS }, async (_nothing, sender) => {
      for (let i = 0; !over; i++) {
        const subject = `s${sender}-${i}`
        for (let attempt = 1; ; attempt++) {
          tries.set(subject, attempt)
          const code = await send(portOf(i + attempt, 'smtp'), sender % 2 === 0 ? alice : bob, subject)
          if (code === '250') {
            acknowledged.add(subject)
            break
          }
          assert.match(code, /^4|^gone/, 'a fault is temporary')
          refused++
          if (over) break
          await pause(20)
        }
      }
    })
    const got = new Map<string, number>()
    const gone = new Set<string>()
    const fetcher = (async () => {
      for (let i = 0; !over; i++) {
        const back = await fetchAll(portOf(i, 'pop3'), got, gone)
        assert.deepEqual(back ?? [], [], 'what was deleted came back')
        await pause(50)
      }
    })()
    const mover = (async () => {
      for (let i = 0; !over; i++) {
        await move(portOf(i, 'imap'))
        await pause(100)
      }
    })()
    const watchers = hosts.map(async (_host, at) => {
      let highest = 0
      let known = new Set<number>()
      while (!over) {
        const seen = await look(portOf(at, 'imap'))
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
      [
        'a host is killed',
        async () => {
          const at = random(hosts.length)
          const victim = hosts[at]
          assert.ok(victim)
          await victim.stop('SIGKILL')
          hosts[at] = await startAgain(victim.home)
        },
      ],
    ]
    const counts = new Map<string, number>()
    const end = Date.now() + LASTS
    const working = Promise.all([...senders, ...watchers, fetcher, mover]).catch((error: unknown) => {
      over = true
      throw error
    })
    working.catch(() => undefined)
    try {
      // Each once in turn at first, then at random.
      for (let i = 0; (i < faults.length || Date.now() < end) && !over; i++) {
        const [name, happens] = faults[i < faults.length ? i : random(faults.length)] ?? ['', async () => {}]
        counts.set(name, (counts.get(name) ?? 0) + 1)
        await happens()
        await pause(random(200))
      }
    } finally {
      over = true
    }
    await working

    // By itself: nobody is restarted.
    const settled = async (port: number, user: keyof typeof ACCOUNTS, mailbox: string): Promise<string[]> => {
      const seen = await eventually('all is well again', () => look(port, user, mailbox), { within: 60_000 })
      return [...seen.values()]
    }
    for (const { imap } of hosts) {
      const copies = new Map<string, number>()
      const there = [
        ...(await settled(imap, alice, 'INBOX')),
        ...(await settled(imap, alice, 'Archive')),
        ...(await settled(imap, bob, 'INBOX')),
      ]
      for (const subject of there) copies.set(subject, (copies.get(subject) ?? 0) + 1)
      for (const subject of acknowledged) assert.ok(copies.has(subject) || got.has(subject), `${subject} is lost`)
      // An answer that was missing may have been a commit: each try is there at most once.
      for (const [subject, count] of copies)
        assert.ok(count <= (tries.get(subject) ?? 0), `${subject} is there ${count} times`)
    }
    assert.ok(gone.size > 0)
    assert.ok(acknowledged.size > 0)
    const store = await openTestStore(database)
    for await (const account of store.accounts.list()) assert.deepEqual(await store.check(account.id), [])
    await store.close()
    const list = [...counts].map(([name, count]) => `${name} ${count}`).join(', ')
    console.log(
      `      ${acknowledged.size} acknowledged, ${gone.size} taken by POP3, ${refused} temporary errors; ${list}`,
    )
  })
})
