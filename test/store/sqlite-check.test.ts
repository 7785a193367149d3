import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { crc32 } from 'node:zlib'
import { closeConnection } from '../../lib/engine/sqlite/connection/close'
import { type Connection, type OwnSql, type Sql, sqlOn } from '../../lib/engine/sqlite/connection/connection'
import { processesWith } from '../../lib/engine/sqlite/connection/holders'
import { openConnection } from '../../lib/engine/sqlite/connection/open'
import { prepare } from '../../lib/mime/prepare'
import { makeAccountId, makeMailboxId } from '../../lib/store/ids'
import { encodePrepared } from '../../lib/store/prepared-codec'
import { repairAccount } from '../../lib/store/repair'
import { openSqliteStore } from '../../lib/store/sqlite'
import { check } from '../../lib/store/sqlite/audit'
import { backup } from '../../lib/store/sqlite/backup'
import { type Mail, openMail } from '../../lib/store/sqlite/mail'
import { CHUNK, messageKey } from '../../lib/store/sqlite/rows'
import { openSqliteTransfer } from '../../lib/store/sqlite/transfer'
import { StoreUnavailable } from '../../lib/store/store'
import { Contradiction, traceOf } from '../../lib/terms/errors'
import { NO_FLAGS } from '../../lib/terms/flags'
import { logThrown } from '../../lib/terms/log-thrown'
import { eventually } from '../eventually'
import { testLog } from '../login/room'
import { randomFrom, SEED } from '../random'

const NOW = 1_800_000_000_000
const ATTRIBUTES = JSON.stringify({
  ...{ disabled: false, protocols: [], overrides: {}, admin: false },
  ...{ credentials: { password: '{PLAIN}x' }, createdAt: 1 },
})
const ROUNDS = process.env.MAILBOX_LONG ? 300 : 12

/** One message in INBOX of an account. */
function put(sql: Sql, account: number, uid: number, octets: Buffer): void {
  const made = prepare(octets)
  const key = messageKey(account, uid)
  const inRow = octets.length <= CHUNK ? octets : null
  const [keys, prepared] = [JSON.stringify(made.keys), encodePrepared(made)]
  sql.run('INSERT INTO messages VALUES (?, ?, NULL, ?, ?, ?, ?)', key, uid, crc32(octets), keys, prepared, inRow)
  for (let at = 0; !inRow && at < octets.length; at += CHUNK) {
    sql.run('INSERT INTO chunks VALUES (?, ?, ?)', key, at / CHUNK, octets.subarray(at, at + CHUNK))
  }
  const { length } = octets
  sql.run("INSERT INTO entries VALUES (?, 1, ?, ?, '', 1, ?, 5, 6, '', 0)", account, uid, uid, length)
  const sums = 'messages = messages + 1, unseen = unseen + 1, size = size + ?, uid_next = ?'
  sql.run(`UPDATE mailboxes SET ${sums} WHERE account = ?`, length, uid + 1, account)
  const numbers = 'used_bytes = used_bytes + ?, used_messages = used_messages + 1, last_message = ?'
  sql.run(`UPDATE states SET ${numbers} WHERE account = ?`, length, uid, account)
}

describe('sqlite: check and backup', () => {
  let folder: string
  let mail: Mail
  let own: Connection
  let sql: OwnSql
  const faults = (account = 1) => check(mail, makeAccountId(account), NOW)
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-sqlite-'))
    mail = await openMail(path.join(folder, 'mail'))
    for (const name of ['a@x', 'b@x']) await mail.write('createAccount', [{ name, attributes: ATTRIBUTES }, 0])
    own = openConnection(mail.file)
    sql = sqlOn(own)
    for (const account of [1, 2]) {
      put(sql, account, 1, Buffer.from('Subject: small\r\n\r\nsmall\r\n'))
      put(sql, account, 2, Buffer.from(`Subject: large\r\n\r\n${'large\r\n'.repeat(30_000)}`))
    }
  })
  afterEach(async () => {
    await mail.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('what is whole has no faults, and who is not there has one', async () => {
    assert.deepEqual([await faults(1), await faults(2)], [[], []])
    assert.deepEqual(await faults(3), ['there is no such account'])
  })

  it('octets that are not those that were stored are named by mailbox, UID and message', async () => {
    sql.run(
      'UPDATE messages SET octets = ? WHERE id = ?',
      Buffer.from('Subject: smell\r\n\r\nsmall\r\n'),
      messageKey(1, 1),
    )
    assert.deepEqual(await faults(), ['INBOX: UID 1: the octets of message 1 are damaged'])
    const chunk = 'UPDATE chunks SET octets = zeroblob(length(octets)) WHERE id = ? AND chunk = 2'
    sql.run(chunk, messageKey(1, 2))
    assert.equal((await faults()).length, 2)
    assert.deepEqual(await faults(2), [])
  })

  it('attributes and annotations that are no JSON any more are named, and others are served', async () => {
    const store = await openSqliteStore({ path: path.join(folder, 'mail') })
    try {
      sql.run("UPDATE accounts SET attributes = substr(attributes, 1, 20) WHERE name = 'a@x'")
      const key = `mailbox ${makeMailboxId(2, 1)}`
      sql.run("INSERT INTO records VALUES (2, 'annotation', ?, ?, NULL)", key, Buffer.from('[['))
      const listed: string[] = []
      for await (const { name } of store.accounts.list()) listed.push(name)
      assert.deepEqual(listed, ['a@x', 'b@x'])
      await assert.rejects(store.accounts.find('a@x'), /^Contradiction: the attributes of account a@x are damaged: /)
      assert.equal((await store.accounts.find('b@x'))?.name, 'b@x')
      assert.match((await faults(1)).join('\n'), /^its attributes \(password, rights, quota, overrides\) are damaged/)
      assert.match((await faults(2)).join('\n'), /^INBOX: its annotations are damaged: /)
      const broken = store.annotations.get(makeAccountId(2), makeMailboxId(2, 1))
      await assert.rejects(broken, /^Contradiction: annotations \(mailbox M2-1\) are damaged/)
    } finally {
      await store.close()
    }
    await mail.close()
    const end = await openSqliteTransfer(path.join(folder, 'mail'))
    try {
      for (const account of await end.accounts()) assert.deepEqual((await repairAccount(end, account, NOW)).left, [])
    } finally {
      await end.close()
    }
    mail = await openMail(path.join(folder, 'mail'))
    assert.deepEqual([await faults(1), await faults(2)], [[], []])
  })

  it('an impossible duplicate is no store that is away: it is named with table and account, and told once', async () => {
    const store = await openSqliteStore({ path: path.join(folder, 'mail') })
    const log = testLog()
    try {
      sql.run('UPDATE mailboxes SET uid_next = 2 WHERE account = 1')
      const bytes = Buffer.from('Subject: next\r\n\r\n')
      const message = { bytes, prepared: prepare(bytes), flags: NO_FLAGS, internalDate: NOW }
      for (let tries = 0; tries < 3; tries++) {
        const error: unknown = await store.messages
          .append(makeAccountId(1), makeMailboxId(1, 1), [message])
          .catch((thrown: unknown) => thrown)
        assert.ok(error instanceof Contradiction, String(error))
        assert.match(error.message, /mail\.sqlite: UNIQUE constraint failed: entries\.account.*\(account 1\)$/)
        logThrown(log, 'imap: APPEND', error)
      }
      assert.equal(log.lines.length, 1, log.lines.join('\n'))
      // Others write, and nobody says that the store is away.
      assert.ok((await store.messages.append(makeAccountId(2), makeMailboxId(2, 1), [message])).ok)
      await store.usable()
    } finally {
      await store.close()
    }
  })

  it('a chunk that is lost is found, and what is no JSON is not prepared', async () => {
    sql.run('DELETE FROM chunks WHERE id = ? AND chunk = 1', messageKey(1, 2))
    sql.run("UPDATE messages SET keys = '{' WHERE id = ?", messageKey(1, 1))
    const found = (await faults()).join('\n')
    assert.match(found, /message 1 is not prepared/)
    assert.match(found, /INBOX: UID 2: the octets of message 2 are damaged/)
    assert.match(found, /INBOX: the size of UID 2 is/)
  })

  it('a mailbox that is written while it is checked is of one moment', async () => {
    const last = 20_000
    sql.run(
      `WITH RECURSIVE n(uid) AS (SELECT 3 UNION ALL SELECT uid + 1 FROM n WHERE uid < ${last})
        INSERT INTO entries SELECT 1, 1, uid, 1, '', 1, 25, 5, 6, '', 0 FROM n`,
    )
    const { size } = sql.get<{ size: number }>('SELECT sum(size) AS size FROM entries WHERE account = 1') ?? { size: 0 }
    const boxes = 'UPDATE mailboxes SET messages = ?, unseen = ?, size = ?, uid_next = ? WHERE account = 1'
    sql.run(boxes, last, last, size, last + 1)
    sql.run('UPDATE states SET used_bytes = ?, used_messages = ? WHERE account = 1', size, last)
    sql.run('INSERT INTO copies VALUES (?, ?)', messageKey(1, 1), last - 1)
    let over = false
    const checking = faults().finally(() => {
      over = true
    })
    let written = 0
    for (let uid = last + 1; !over; uid++) {
      await new Promise((resolve) => setImmediate(resolve))
      if (!over) written++
      sql.run("INSERT INTO entries VALUES (1, 1, ?, 1, '', 1, 25, 5, 6, '', 0)", uid)
    }
    assert.ok(written > 1)
    assert.deepEqual(await checking, [])
    assert.notDeepEqual(await faults(), [])
  })

  it('a file with a page of nonsense is said to be damaged, or the account, and nothing else happens', async () => {
    const below = randomFrom(SEED)
    sql.run(
      `WITH RECURSIVE n(uid) AS (SELECT 3 UNION ALL SELECT uid + 1 FROM n WHERE uid < 3000)
        INSERT INTO entries SELECT 1, 1, uid, 1, '', 1, 25, 5, 6, '', 0 FROM n`,
    )
    await mail.close()
    const file = path.join(folder, 'mail', 'mail.sqlite')
    const whole = readFileSync(file)
    // Of the other account.
    const hit = Math.floor(whole.lastIndexOf('large\r\n'.repeat(5)) / 4096)
    let told = 0
    for (let turn = 0; turn < ROUNDS; turn++) {
      const page = turn === 0 ? hit : below(whole.length / 4096)
      const damaged = Buffer.from(whole)
      for (let at = page * 4096; at < (page + 1) * 4096; at++) damaged[at] = turn % 2 === 0 ? 0 : below(256)
      const place = path.join(folder, `damaged-${turn}`)
      mkdirSync(place)
      writeFileSync(path.join(place, 'mail.sqlite'), damaged)
      const where = `page ${page}, seed ${SEED}`
      try {
        const other = await openMail(place)
        try {
          await check(other, makeAccountId(1), NOW)
          told += (await check(other, makeAccountId(2), NOW)).length > 0 ? 1 : 0
        } finally {
          await other.close()
        }
      } catch (error) {
        assert.ok(error instanceof StoreUnavailable, `${where}: ${traceOf(error)}`)
        assert.match(error.message, /mail\.sqlite/, where)
        told++
      }
    }
    assert.ok(told > 0, `seed ${SEED}`)
    mail = await openMail(path.join(folder, 'mail'))
  })

  it('a backup is one moment that can be opened in the place of the store', async () => {
    const target = path.join(folder, 'copy')
    const copied = await openMail(target)
    await copied.close()
    rmSync(target, { recursive: true })
    await assert.rejects(backup(mail, target), StoreUnavailable)
    const other = mkdtempSync(path.join(folder, "it's-"))
    const copying = backup(mail, other)
    put(sql, 1, 3, Buffer.from('Subject: meanwhile\r\n\r\n'))
    await copying
    assert.deepEqual(readdirSync(other), [path.basename(mail.file)])
    assert.equal(statSync(path.join(other, path.basename(mail.file))).mode & 0o777, 0o600)
    await assert.rejects(backup(mail, other), StoreUnavailable)
    const restored = await openMail(other)
    try {
      assert.deepEqual(await check(restored, makeAccountId(2), NOW), [])
      assert.equal(restored.read.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode, 'wal')
    } finally {
      await restored.close()
    }
  })

  it('nothing stays open of a store that is closed', async function () {
    if (process.platform !== 'linux') this.skip()
    const { ino } = statSync(mail.file)
    const held = () => new RegExp(` ${process.pid} \\S+:${ino} `).test(readFileSync('/proc/locks', 'utf8'))
    assert.ok(held())
    await faults()
    closeConnection(own, sql)
    await mail.close()
    // With the package of Node 20, when the garbage is collected that `close` has made.
    await eventually('nothing is open', () => !held())
  })

  it('other processes that have the file open are named', async function () {
    if (process.platform !== 'linux') this.skip()
    assert.deepEqual(processesWith(mail.file), [])
    const child = fork(path.join(__dirname, 'sqlite-holder-process.ts'), [mail.file], {
      execArgv: ['-r', 'ts-node/register'],
    })
    await once(child, 'message')
    assert.deepEqual(processesWith(mail.file), [`process ${child.pid}`])
    child.kill()
    await once(child, 'exit')
    assert.deepEqual(processesWith(mail.file), [])
  })
})
