import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { silentLog } from '../../lib/terms/ports'
import type { MadeCredential, NewCredential, Sessions } from '../../lib/web/who/sessions'
import { openEmbeddedSessions } from '../../lib/web/who/sessions/embedded'
import { openPostgresSessions } from '../../lib/web/who/sessions/postgres'
import { testLog } from '../login/room'
import { databaseOrSkip, type TestDatabase } from '../postgres'

const session = (account: string): NewCredential => ({
  ...{ kind: 'session', account, label: 'browser', address: '192.0.2.1', createdAt: 1, activeAt: 1, totp: false },
  scopes: ['mail:read'],
  epochs: [''],
})

function made(result: Awaited<ReturnType<Sessions['create']>>): MadeCredential {
  if (result.ok) return result.value
  assert.fail(result.fault.kind)
}

interface Opened {
  /** two processes, or hosts, over the same */
  readonly one: Sessions
  readonly two: Sessions
  close(): Promise<void>
}

function conformance(name: string, open: () => Promise<Opened | undefined>): void {
  describe(`web sessions: ${name}`, () => {
    let opened: Opened | undefined
    let one: Sessions
    let two: Sessions
    before(async function () {
      opened = await open()
      if (!opened) return this.skip()
      ;({ one, two } = opened)
    })
    after(() => opened?.close())

    it('finds by the secret and by the id what another process made, and keeps no secret', async () => {
      const { secret, credential } = made(await one.create(session('a')))
      assert.deepEqual(await two.find(secret), credential)
      assert.deepEqual(await two.get(credential.id), credential)
      assert.ok(!JSON.stringify(await two.list()).includes(secret))
      assert.equal(await two.find(credential.id), undefined)
      assert.equal(await two.find(`${secret}x`), undefined)
      assert.equal(await two.get(credential.id.slice(0, 8)), undefined)
    })
    it('changes single facts, also from two sides at once', async () => {
      const { credential } = made(await one.create(session('b')))
      await Promise.all([one.update(credential.id, { activeAt: 7 }), two.update(credential.id, { epochs: ['x', 'y'] })])
      assert.deepEqual(await one.get(credential.id), { ...credential, activeAt: 7, epochs: ['x', 'y'] })
      await one.update('nobody', { activeAt: 9 })
    })
    it('makes no more of a kind than an account may have, whoever asks at once', async () => {
      const token = { ...session('many'), kind: 'token' } as const
      made(await one.create(session('many')))
      const all = await Promise.all(Array.from({ length: 20 }, (_, nth) => (nth % 2 ? one : two).create(token, 5)))
      assert.equal(all.filter(({ ok }) => ok).length, 5)
      const refused = all.find(({ ok }) => !ok)
      assert.deepEqual(refused, { ok: false, fault: { kind: 'limit', why: 'an account has at most 5 tokens' } })
      assert.equal((await one.list('many')).length, 6)
      made(await two.create(session('many'), 2))
    })
    it('lists those of one account; what is removed is gone everywhere, once', async () => {
      const { secret, credential } = made(await one.create(session('c')))
      const { credential: other } = made(await two.create(session('c')))
      const ids = async (): Promise<string[]> => (await two.list('c')).map(({ id }) => id).sort()
      assert.deepEqual(await ids(), [credential.id, other.id].sort())
      assert.equal(await two.remove(credential.id), true)
      assert.equal(await one.remove(credential.id), false)
      assert.equal(await one.find(secret), undefined)
      assert.deepEqual(await ids(), [other.id])
    })
    it('changes what is known of a second factor one after another', async () => {
      const raise = (by: Sessions) =>
        by.changeSecondFactor('d', (before) => [{ ...before, failures: before.failures + 1 }, before.failures])
      const seen = await Promise.all(Array.from({ length: 20 }, (_, at) => raise(at % 2 ? one : two)))
      assert.deepEqual(
        seen.sort((a, b) => a - b),
        Array.from({ length: 20 }, (_, at) => at),
      )
    })
  })
}

conformance('embedded', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-sessions-'))
  const open = () => openEmbeddedSessions({ path: folder, log: silentLog })
  const [one, two] = await Promise.all([open(), open()])
  return {
    ...{ one, two },
    async close() {
      await one.close()
      await two.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
})

describe('web sessions: embedded, on a damaged file', () => {
  it('puts it aside with one line in the log, and begins a new one', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'mailbox-sessions-'))
    try {
      writeFileSync(path.join(folder, 'sessions.sqlite'), '')
      const log = testLog()
      const sessions = await openEmbeddedSessions({ path: folder, log })
      const { secret, credential } = made(await sessions.create(session('a')))
      assert.deepEqual(await sessions.find(secret), credential)
      await sessions.close()
      assert.equal(log.lines.length, 1)
      assert.match(log.lines[0] ?? '', /sessions\.sqlite is damaged \(it is empty\).+ Lost: web sessions, API tokens/)
      assert.equal(readdirSync(folder).filter((name) => name.startsWith('sessions.sqlite.damaged-')).length, 1)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})

conformance('postgres', async () => {
  const database: TestDatabase | undefined = await databaseOrSkip()
  if (!database) return undefined
  const open = () =>
    openPostgresSessions({ url: database.url, connectTimeout: 5000, statementTimeout: 30_000, log: silentLog })
  // All make the tables at once.
  const hosts = await Promise.all(Array.from({ length: 8 }, open))
  const [one, two, ...rest] = hosts as [Sessions, Sessions, ...Sessions[]]
  await Promise.all(rest.map((host) => host.close()))
  return {
    ...{ one, two },
    async close() {
      await one.close()
      await two.close()
      await database.drop()
    },
  }
})
