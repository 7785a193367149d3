import { strict as assert } from 'node:assert'
import { mkdtempSync, rmSync } from 'node:fs'
import { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { indexSome } from '../../../lib/mailbox/texts/index-some'
import { openSqliteStore } from '../../../lib/store/sqlite'
import type { Store } from '../../../lib/store/store'
import { type Kit, startKit, Wire } from '../../kit'

/**
 * What commands cost in counts, which no machine's mood changes: calls of the store and writes to sockets. A number here may be
 * lowered; whoever raises one knows why.
 */

const MESSAGES = 500
const LETTERS = Array.from(
  { length: MESSAGES },
  (_one, n) => `From: a${n % 7}@example.org\nSubject: number ${n}\nMessage-ID: <${n}@example.org>\n\nhello\n`,
)

/** Notes the name of each call of a table's methods. */
function noting<T extends object>(table: T, name: string, calls: string[]): T {
  return new Proxy(table, {
    get(target, key, receiver) {
      const value: unknown = Reflect.get(target, key, receiver)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        calls.push(`${name}.${String(key)}`)
        return Reflect.apply(value, target, args)
      }
    },
  })
}
function notingStore(store: Store, calls: string[]): Store {
  return {
    ...store,
    accounts: noting(store.accounts, 'accounts', calls),
    mailboxes: noting(store.mailboxes, 'mailboxes', calls),
    messages: noting(store.messages, 'messages', calls),
    raiseFence: (id, fence) => {
      calls.push('raiseFence')
      return store.raiseFence(id, fence)
    },
  }
}

describe('what commands cost', () => {
  let kit: Kit
  let folder: string
  const calls: string[] = []
  /** Each call of these is one system call: octets that are corked together are one. */
  const CALLS = ['_write', '_writev'] as const
  const original = CALLS.map((name): unknown => Reflect.get(Socket.prototype, name))
  let writes = 0

  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-cost-'))
    kit = await startKit({ store: notingStore(await openSqliteStore({ path: folder }), calls) })
    for (const name of ['a@x', 'b@x']) await kit.deliver(await kit.account(name), ...LETTERS)
    CALLS.forEach((name, nth) => {
      const counting = function (this: Socket, ...args: unknown[]): unknown {
        if (this.localPort === kit.imap) writes++
        const call = original[nth]
        return typeof call === 'function' && Reflect.apply(call, this, args)
      }
      Reflect.set(Socket.prototype, name, counting)
    })
  })
  after(async () => {
    CALLS.forEach((name, nth) => {
      Reflect.set(Socket.prototype, name, original[nth])
    })
    await kit?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  /**
   * Says a command. @returns the calls of the store, those of one kind once with their number
   *
   * Time stands still meanwhile: after 10 ms of it others have their turn, and what is written by then leaves. How often that
   * is the machine would say, and not the command.
   */
  async function cost(wire: Wire, command: string, end: RegExp): Promise<Record<string, number>> {
    calls.length = 0
    writes = 0
    const now = performance.now()
    Object.defineProperty(performance, 'now', { configurable: true, value: () => now })
    try {
      wire.send(`${command}\r\n`)
      await wire.until(end)
    } finally {
      Reflect.deleteProperty(performance, 'now')
    }
    const counts: Record<string, number> = {}
    for (const call of calls) counts[call] = (counts[call] ?? 0) + 1
    return counts
  }
  const imap = async (...before: string[]): Promise<Wire> => {
    const wire = new Wire(kit.imap)
    await wire.until(/^\* OK.*\r\n/)
    for (const command of before) await cost(wire, `b ${command}`, /^b OK.*\r\n/m)
    return wire
  }
  const ofImap = (wire: Wire, command: string) => cost(wire, `a ${command}`, /^a OK.*\r\n/m)
  /** Every command that looks at its mailbox asks how far it is, before its answer ends. */
  const REFRESH = { 'mailboxes.modSeq': 1 }

  it('LOGIN, the second time', async () => {
    await imap('LOGIN a@x pass')
    const wire = await imap()
    assert.deepEqual(await ofImap(wire, 'LOGIN a@x pass'), { 'accounts.find': 1 })
    assert.equal(writes, 1)
  })

  it('SELECT and STATUS do not read messages', async () => {
    await imap('LOGIN a@x pass', 'SELECT INBOX', 'LOGOUT')
    const wire = await imap('LOGIN a@x pass', 'SELECT INBOX')
    assert.deepEqual(await ofImap(wire, 'SELECT INBOX'), { 'mailboxes.find': 1 })
    assert.equal(writes, 1)
    assert.deepEqual(await ofImap(wire, 'STATUS INBOX (MESSAGES UNSEEN UIDNEXT)'), { 'mailboxes.find': 1, ...REFRESH })
  })

  for (const items of [
    'FLAGS UID INTERNALDATE RFC822.SIZE',
    'ENVELOPE BODYSTRUCTURE',
    'BODY.PEEK[HEADER.FIELDS (FROM SUBJECT)]',
  ]) {
    it(`FETCH ${items} of ${MESSAGES} messages, again, reads no message and gathers its rows`, async () => {
      const wire = await imap('LOGIN a@x pass', 'SELECT INBOX', `FETCH 1:* (${items})`)
      assert.deepEqual(await ofImap(wire, `FETCH 1:* (${items})`), REFRESH)
      assert.equal(writes, 1)
    })
  }

  it('SEARCH of header fields, again, reads no message', async () => {
    const wire = await imap('LOGIN a@x pass', 'SELECT INBOX', 'SEARCH SUBJECT "number 7"')
    assert.deepEqual(await ofImap(wire, 'SEARCH FROM a3 UNSEEN SUBJECT 77'), REFRESH)
    assert.equal(writes, 1)
  })

  it('SEARCH of texts reads no message that cannot have it', async () => {
    const builder = await kit.store.texts?.lead()
    const account = await kit.store.accounts.find('a@x')
    assert.ok(builder && account)
    const parts = { messages: kit.store.messages, pool: kit.room.pool, mostOctets: 100_000 }
    while ((await indexSome(parts, builder, account.id)) > 0);
    const wire = await imap('LOGIN a@x pass', 'SELECT INBOX')
    assert.deepEqual(await ofImap(wire, 'SEARCH OR TEXT zwirbelfisch BODY schnurrbart'), REFRESH)
    const { 'messages.rows': rows = 0 } = await ofImap(wire, 'SEARCH TEXT "number 77" BODY hello')
    assert.ok(rows > 0 && rows < 20, `${rows} rows`)
  })

  it('STORE is one transaction', async () => {
    const wire = await imap('LOGIN a@x pass', 'SELECT INBOX')
    const { 'mailboxes.modSeq': looks = 0, ...others } = await ofImap(wire, 'STORE 1:100 +FLAGS ($Label)')
    assert.deepEqual(others, { 'messages.storeFlags': 1 })
    assert.ok(looks <= 2, `${looks} looks`)
  })

  it('a POP3 session that only looks, the second time, reads no message', async () => {
    const session = async (): Promise<Record<string, number>> => {
      const wire = new Wire(kit.pop3)
      await wire.until(/^\+OK.*\r\n/)
      await cost(wire, 'USER b@x', /^\+OK.*\r\n/)
      const login = await cost(wire, 'PASS pass', /^\+OK 500 .*\r\n/)
      await cost(wire, 'QUIT', /^\+OK.*\r\n/)
      return login
    }
    await session()
    assert.deepEqual(await session(), { 'accounts.find': 1, raiseFence: 1, 'mailboxes.find': 1 })
  })
})
