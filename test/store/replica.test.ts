import assert from 'node:assert/strict'
import { add, named, newAccount, rowsOf } from '../../lib/store/conformance/fixtures'
import { LEAP } from '../../lib/store/gaps'
import { openPostgresTransfer } from '../../lib/store/postgres/transfer'
import { skipNumbers } from '../../lib/store/restored'
import type { Store } from '../../lib/store/store'
import { silentLog } from '../../lib/terms/ports'
import { freePorts } from '../e2e/demo'
import { eventually } from '../eventually'
import { ask, openTestStore, type PrivateServer, serverOrSkip } from '../postgres'

const OPTIONS = { maxConnections: 4, connectTimeout: 5000, statementTimeout: 30_000, log: silentLog }

const askOne = async (url: string, text: string): Promise<Record<string, unknown>> =>
  (await ask<Record<string, unknown>>(url, text))[0] ?? {}

describe('copies of a PostgreSQL server', function () {
  this.timeout(120_000)
  let primary: PrivateServer
  let ports: number[]
  const others: PrivateServer[] = []
  let store: Store
  let id: Awaited<ReturnType<typeof newAccount>>['id']

  before(async function () {
    ports = await freePorts(3)
    const made = await serverOrSkip(ports[0] ?? 0)
    if (!made) return this.skip()
    primary = made
    store = await openTestStore(primary)
    const { id: account, inbox } = await newAccount(store, 'alice@example.org')
    id = account
    await add(store, id, inbox, 'one', 'two', 'three')
  })
  after(async () => {
    await store?.close()
    for (const one of [...others, primary]) await one?.remove()
  })

  it('a base backup while mail comes in is whole, and has all that was acknowledged before it', async () => {
    const inbox = await named(store, id, 'INBOX')
    let over = false
    let during = 0
    const writer = (async () => {
      for (; !over; during++) await add(store, id, inbox, `during ${during}`)
    })()
    const copy = await primary.copy(ports[1] ?? 0, '-X', 'stream')
    others.push(copy)
    over = true
    await writer
    const restored = await openTestStore(copy)
    try {
      assert.deepEqual(await restored.check(id), [])
      const then = await named(restored, id, 'INBOX')
      assert.ok(then.messages >= 3 && then.messages <= 3 + during)
      const [now, before] = [await rowsOf(store, id, inbox), await rowsOf(restored, id, then)]
      assert.deepEqual(
        before.map(({ uid, uidl, emailId }) => [uid, uidl, emailId]),
        now.slice(0, before.length).map(({ uid, uidl, emailId }) => [uid, uidl, emailId]),
      )
    } finally {
      await restored.close()
    }
  })

  it('a replica that lagged and takes over: what it had not received is gone, the rest is whole, and no number is given twice', async () => {
    const replica = await primary.copy(ports[2] ?? 0, '-X', 'stream', '-R')
    others.push(replica)
    const inbox = await named(store, id, 'INBOX')
    await add(store, id, inbox, 'received')
    const received = await named(store, id, 'INBOX')
    const { lsn } = await askOne(primary.url, 'SELECT pg_current_wal_lsn()::text AS lsn')
    const caughtUp = `SELECT coalesce(pg_last_wal_replay_lsn() >= '${lsn}', false) AS yes`
    await eventually('the replica has caught up', async () => (await askOne(replica.url, caughtUp)).yes === true)
    // It hears nothing more of its primary, which goes on.
    await askOne(replica.url, "ALTER SYSTEM SET primary_conninfo = ''")
    await askOne(replica.url, 'SELECT pg_reload_conf()')
    const receiver = 'SELECT count(*) = 0 AS yes FROM pg_stat_wal_receiver'
    await eventually('the replica hears nothing', async () => (await askOne(replica.url, receiver)).yes === true)
    const lost = await add(store, id, inbox, 'lost 1', 'lost 2')
    await primary.crash()
    await assert.rejects(add(store, id, inbox, 'nobody is there'), /mail store cannot be used/)
    await replica.promote()

    const then = await openTestStore(replica)
    try {
      assert.deepEqual(await then.check(id), [])
      const now = await named(then, id, 'INBOX')
      assert.deepEqual([now.messages, now.uidNext], [received.messages, received.uidNext])
      assert.equal(now.highestModSeq, received.highestModSeq + LEAP, 'and a mod-sequence never')
      assert.ok(
        lost.every((uid) => uid >= now.uidNext),
        'it would give the numbers of the lost mail again',
      )
    } finally {
      await then.close()
    }
    const end = await openPostgresTransfer({ ...OPTIONS, url: replica.url })
    try {
      for (const account of await end.accounts()) {
        await end.mend(await skipNumbers(account, end.facts(account.account), 1000))
      }
    } finally {
      await end.close()
    }
    const after = await openTestStore(replica)
    try {
      assert.deepEqual(await add(after, id, await named(after, id, 'INBOX'), 'new'), [received.uidNext + 1000])
      assert.deepEqual(await after.check(id), [])
    } finally {
      await after.close()
    }
  })
})
