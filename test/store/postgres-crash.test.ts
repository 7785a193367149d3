import assert from 'node:assert/strict'
import { add, named, newAccount, value } from '../../lib/store/conformance/fixtures'
import { LEAP } from '../../lib/store/gaps'
import { openPostgresStore } from '../../lib/store/postgres'
import type { Store } from '../../lib/store/store'
import { flagSet } from '../../lib/terms/flags'
import { fence, modSeq } from '../../lib/terms/numbers'
import { silentLog } from '../../lib/terms/ports'
import { freePorts } from '../e2e/demo'
import { eventually } from '../eventually'
import { Client, fetched, numbersIn, visit } from '../imap/qresync-client'
import { type Kit, startKit, Wire } from '../kit'
import { ask, openTestStore, type PrivateServer, serverOrSkip } from '../postgres'
import { randomFrom, SEED } from '../random'

const SEEN = flagSet(['\\Seen'])
const FLAGGED = flagSet(['\\Flagged'])
const ROUNDS = process.env.MAILBOX_LONG ? 40 : 6
/** Nothing but clients that wait for it flushes the log. */
const QUIET = ['autovacuum=off', 'checkpoint_timeout=1h', 'bgwriter_lru_maxpages=0']

describe('a PostgreSQL server that crashes', function () {
  this.timeout(300_000)
  let server: PrivateServer
  let store: Store
  let count = 0

  before(async function () {
    const [port = 0] = await freePorts(1)
    const made = await serverOrSkip(port, undefined, QUIET)
    if (!made) return this.skip()
    server = made
    store = await openTestStore(server)
  })
  after(async () => {
    await store?.close()
    await server?.remove()
  })

  /** An account whose INBOX has two messages, the first one seen for good, and what it had before and after a STORE that is lost. */
  async function losing(crash: () => Promise<void>, from = store) {
    const { id, inbox } = await newAccount(from, `crash${++count}@example.org`)
    const uids = await add(from, id, inbox, 'a', 'b')
    value(await from.messages.storeFlags(id, inbox.id, uids.slice(0, 1), 'add', SEEN))
    // Mail is flushed, and with it all that was before.
    await add(from, id, inbox, 'c')
    await server.holdBack()
    const kept = (await named(from, id, 'INBOX')).highestModSeq
    value(await from.messages.storeFlags(id, inbox.id, uids, 'add', FLAGGED))
    const told = (await named(from, id, 'INBOX')).highestModSeq
    await crash()
    return { id, inbox, uids, kept, told }
  }
  async function flagsOf(of: Store, { id, inbox }: Pick<Awaited<ReturnType<typeof losing>>, 'id' | 'inbox'>) {
    const snapshot = await of.messages.snapshot(id, inbox.id)
    return [...(snapshot?.flags ?? [])].map((at) => snapshot?.flagSets[at]?.wire)
  }

  it('kill -9 of all its processes: flags of the last moment are lost, and what was told of them is in a gap', async () => {
    const lost = await losing(() => server.kill())
    await server.start()
    const inbox = await named(store, lost.id, 'INBOX')
    assert.deepEqual([lost.told, inbox.highestModSeq], [lost.kept + 1, lost.kept + LEAP])
    assert.deepEqual(inbox.gaps, [{ after: lost.kept, before: lost.kept + LEAP }])
    assert.deepEqual(await flagsOf(store, lost), ['(\\Seen)', '()', '()'])
    const { value: stored } = value(
      await store.messages.storeFlags(lost.id, inbox.id, lost.uids, 'add', SEEN, modSeq(lost.told)),
    )
    assert.deepEqual(stored.modified, lost.uids)
    assert.deepEqual(await store.check(lost.id), [])
  })

  it('kill -9 of one backend loses the same, although the server starts no second time', async () => {
    const since = 'SELECT pg_postmaster_start_time()::text AS since'
    const [before] = await ask<{ since: string }>(server.url, since)
    const lost = await losing(async () => {
      const backend = "SELECT pid FROM pg_stat_activity WHERE application_name = 'haraka-mailbox'"
      const [one] = await ask<{ pid: number }>(server.url, backend)
      assert.ok(one)
      process.kill(one.pid, 'SIGKILL')
      // The others are ended by the server, which waits 5 s for the one that is stopped.
      await eventually('it has recovered', () => ask(server.url, since).catch(() => undefined))
    })
    const inbox = await named(store, lost.id, 'INBOX')
    assert.deepEqual(await flagsOf(store, lost), ['(\\Seen)', '()', '()'])
    assert.equal(inbox.highestModSeq, lost.kept + LEAP)
    assert.deepEqual(await ask(server.url, since), [before])
  })

  it('kill -9 of all its processes: the fence of a lock is not lost, so who lost the lock deletes nothing', async () => {
    const { id, inbox } = await newAccount(store, `crash${++count}@example.org`)
    const uids = await add(store, id, inbox, 'a')
    await store.raiseFence(id, fence(10))
    await server.holdBack()
    await store.raiseFence(id, fence(20))
    await server.kill()
    await server.start()
    const late = await store.messages.expunge(id, inbox.id, uids, { only: 'all', fence: fence(10) })
    assert.deepEqual(late, { ok: false, fault: { kind: 'lease-lost' } })
    value(await store.messages.expunge(id, inbox.id, uids, { only: 'all', fence: fence(20) }))
  })

  it('a shutdown loses nothing, and nothing leaps', async () => {
    const { id, inbox, uids, told } = await losing(() => server.stop())
    await server.start()
    assert.equal((await named(store, id, 'INBOX')).highestModSeq, told)
    assert.deepEqual(await flagsOf(store, { id, inbox }), ['(\\Flagged \\Seen)', '(\\Flagged)', '()'])
    assert.equal(uids.length, 2)
  })

  it('with flags_durable nothing is lost', async () => {
    const options = { url: server.url, maxConnections: 2, connectTimeout: 5000, statementTimeout: 30_000 }
    const durable = await openPostgresStore({ ...options, flagsDurable: true, log: silentLog })
    try {
      const lost = await losing(() => server.kill(), durable)
      await server.start()
      assert.deepEqual(await flagsOf(durable, lost), ['(\\Flagged \\Seen)', '(\\Flagged)', '()'])
    } finally {
      await durable.close()
    }
  })

  it('hosts that look at once leap once, before any of them tells a number', async () => {
    const hosts = await Promise.all(Array.from({ length: 4 }, () => openTestStore(server)))
    try {
      const { id, kept } = await losing(() => server.kill())
      await server.start()
      const seen = await Promise.all(
        hosts.flatMap((host) => Array.from({ length: 4 }, async () => (await named(host, id, 'INBOX')).highestModSeq)),
      )
      assert.deepEqual(new Set(seen), new Set([kept + LEAP]))
    } finally {
      await Promise.all(hosts.map((host) => host.close()))
    }
  })

  describe('under clients', () => {
    let kit: Kit
    before(async () => {
      kit = await startKit({ store: await openTestStore(server) })
    })
    after(() => kit?.close())

    /** A session that stays selected, and does as RFC 7162 section 6 says. */
    class Staying {
      readonly known = new Map<number, string>()
      readonly #wire = new Wire(kit.imap)
      #serial = 0
      modSeq = 0
      over = false

      /** Up to the tagged response, or the end of the session behind one. */
      say(command: string): Promise<string> {
        this.#wire.send(`t${++this.#serial} ${command}\r\n`)
        return this.#wire.until(new RegExp(`^(t${this.#serial} (OK|NO|BAD)|\\* BYE).*\\r\\n`, 'm'))
      }

      takes(text: string): void {
        for (const [, set = ''] of text.matchAll(/^\* VANISHED (?:\(EARLIER\) )?(\S+)\r$/gm)) {
          for (const uid of numbersIn(set)) this.known.delete(uid)
        }
        for (const [uid, flags] of fetched(text)) this.known.set(uid, flags)
        const highest = [...text.matchAll(/MODSEQ \((\d+)\)/g)].map(([, number]) => Number(number))
        const [, told] = /^(?:t|\*)\S* OK \[HIGHESTMODSEQ (\d+)\]/m.exec(text) ?? []
        this.modSeq = told === undefined ? Math.max(this.modSeq, ...highest) : Number(told)
        this.over ||= /^\* BYE/m.test(text)
      }
      async does(command: string): Promise<void> {
        this.takes(await this.say(command))
        if (!this.over) this.takes(await this.say(`UID FETCH ${Math.max(0, ...this.known.keys()) + 1}:* (FLAGS)`))
      }
      close(): void {
        this.#wire.close()
      }
    }
    async function stay(name: string): Promise<Staying> {
      const session = new Staying()
      await session.say(`LOGIN ${name} pass`)
      await session.say('ENABLE QRESYNC')
      await session.does('SELECT INBOX')
      return session
    }
    const plain = (known: ReadonlyMap<number, string>) => [...known].sort((a, b) => a[0] - b[0])

    it(`no number of theirs is believed: ${ROUNDS} crashes, seed ${SEED}`, async () => {
      const below = randomFrom(SEED)
      const id = await kit.account('clients')
      await kit.deliver(id, ...Array.from({ length: 8 }, (_, nth) => `Subject: ${nth}\n\nbody\n`))
      let inGap = 0
      let reverted = 0
      for (let round = 0; round < ROUNDS; round++) {
        const [one, two] = [await stay('clients'), await stay('clients')]
        // Those who come now and then: some before the writes that are lost, some in the middle of them.
        const visitors: Client[] = []
        const steps = 4 + below(12)
        const held = below(steps)
        for (let step = 0; step < steps; step++) {
          if (step === held) await server.holdBack()
          const uids = [...one.known.keys()]
          const uid = uids[below(uids.length)] ?? 1
          const kind = below(10)
          if (kind < 6) await one.does(`UID STORE ${uid} ${below(2) ? '+' : '-'}FLAGS (k${below(4)})`)
          else if (kind < 8) {
            await one.does(`UID STORE ${uid} +FLAGS.SILENT (\\Deleted)`)
            await one.does(`UID EXPUNGE ${uid}`)
          } else if (kind < 9) await one.does('APPEND INBOX {6+}\r\nA: b\r\n')
          else {
            const client = new Client()
            await visit(kit, 'clients', client, 'first')
            visitors.push(client)
          }
        }
        const last = new Client()
        await visit(kit, 'clients', last, 'first')
        visitors.push(last)
        await two.does('NOOP')
        assert.deepEqual(plain(two.known), plain(last.known))
        await server.kill()
        await server.start()

        for (const client of visitors) {
          const [before, named] = [plain(client.known), client.modSeq]
          await visit(kit, 'clients', client, 'modseq')
          if (client === last && JSON.stringify(plain(client.known)) !== JSON.stringify(before)) reverted++
          const { gaps } = (await kit.store.mailboxes.find(id, 'INBOX')) ?? { gaps: [] }
          if (gaps.some(({ after, before }) => named > after && named < before)) inGap++
        }
        for (const session of [one, two]) {
          const away = new Client()
          away.known = new Map(session.known)
          away.modSeq = session.modSeq
          away.validity = last.validity
          await visit(kit, 'clients', away, 'modseq')
          await session.does('NOOP')
          if (!session.over) assert.deepEqual(plain(session.known), plain(last.known))
          session.close()
        }
        await kit.deliver(id, 'Subject: one more\n\nbody\n')
        assert.deepEqual(await kit.store.check(id), [])
      }
      assert.ok(inGap > 0 && reverted > 0, `${inGap} named a number in a gap, ${reverted} crashes took something back`)
      assert.deepEqual(kit.errors, [])
    })
  })
})
