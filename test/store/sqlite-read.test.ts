import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Sql, sqlOn } from '../../lib/engine/sqlite/connection/connection'
import { openConnection } from '../../lib/engine/sqlite/connection/open'
import { makeAccountId, makeEmailId, makeMailboxId } from '../../lib/store/ids'
import { type Mail, openMail } from '../../lib/store/sqlite/mail'
import { accountReads } from '../../lib/store/sqlite/read/accounts'
import { mailboxReads } from '../../lib/store/sqlite/read/mailboxes'
import { messageReads } from '../../lib/store/sqlite/read/messages'
import { CHUNK, messageKey } from '../../lib/store/sqlite/rows'
import type { MessageTable, Snapshot } from '../../lib/store/store'
import { modSeq, uid } from '../../lib/terms/numbers'
import { randomFrom, SEED } from '../random'

const ACCOUNT = 1
const INBOX = 1
const id = makeAccountId(ACCOUNT)
const inbox = makeMailboxId(ACCOUNT, INBOX)

const AT = 'WHERE account = ? AND mailbox = ? AND uid = ?'

/** Another connection of this process: a commit of it comes between two turns of a reader. */
function writerOf(file: string) {
  const sql: Sql = sqlOn(openConnection(file))
  function commit(change: { added?: number; expunged?: number; flagged?: number }, logged = true): void {
    const { added, expunged, flagged } = change
    sql.exec('BEGIN IMMEDIATE')
    sql.run('UPDATE mailboxes SET mod_seq = mod_seq + 1')
    const now = sql.get<{ mod_seq: number }>('SELECT mod_seq FROM mailboxes')?.mod_seq ?? 0
    const text = 'INSERT INTO entries VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)'
    if (added) sql.run(text, ACCOUNT, INBOX, added, added, '', now, 10, 5, 6, '', 0)
    if (added) sql.run('UPDATE mailboxes SET messages = messages + 1, uid_next = ?', added + 1)
    if (flagged) sql.run(`UPDATE entries SET flags = '\\Seen', mod_seq = ? ${AT}`, now, ACCOUNT, INBOX, flagged)
    if (expunged) sql.run(`DELETE FROM entries ${AT}`, ACCOUNT, INBOX, expunged)
    if (expunged) sql.run('UPDATE mailboxes SET messages = messages - 1')
    const lists = [added, expunged, flagged].map((one) => (one ? String(one) : ''))
    if (logged) sql.run('INSERT INTO changes VALUES (?, ?, ?, ?, ?, ?)', ACCOUNT, INBOX, now, ...lists)
    sql.exec('COMMIT')
  }
  return { sql, commit }
}

const FILL = `WITH RECURSIVE n(uid) AS (SELECT 1 UNION ALL SELECT uid + 1 FROM n WHERE uid < ?)
  INSERT INTO entries SELECT ${ACCOUNT}, ${INBOX}, uid, uid, CASE uid % 3 WHEN 0 THEN '\\Seen' ELSE '' END, 1, 100, 5, 6, '', 7 FROM n`

describe('sqlite: reading', () => {
  let folder: string
  let mail: Mail
  let writer: ReturnType<typeof writerOf>
  const table = () => messageReads(mail)
  beforeEach(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-sqlite-'))
    mail = await openMail(folder)
    await mail.write('createAccount', [{ name: 'a@x', attributes: '{"overrides":{}}' }, 0])
    writer = writerOf(mail.file)
  })
  afterEach(async () => {
    await mail.close()
    rmSync(folder, { recursive: true, force: true })
  })

  function fill(count: number): void {
    writer.sql.run(FILL, count)
    writer.sql.run('UPDATE mailboxes SET messages = ?, uid_next = ?', count, count + 1)
  }
  /** As the tables are now. */
  function assertMoment(found: Snapshot | undefined): void {
    assert.ok(found)
    const rows = writer.sql.columns<[number, number, string]>('SELECT uid, mod_seq, flags FROM entries ORDER BY uid')
    assert.deepEqual(
      Array.from(found.uids, (one, at) => [
        one,
        found.modSeqs[at],
        found.flagSets[found.flags[at] ?? 0]?.names.join(' '),
      ]),
      rows,
    )
    assert.equal(found.mailbox.messages, rows.length)
    assert.equal(found.mailbox.highestModSeq, writer.sql.get<{ n: number }>('SELECT mod_seq AS n FROM mailboxes')?.n)
    for (const column of [found.sizes, found.internalDates]) assert.equal(column.length, rows.length)
  }
  const until = async (reading: Promise<unknown>, act: () => void): Promise<void> => {
    let over = false
    const end = (): void => {
      over = true
    }
    reading.then(end, end)
    while (!over) {
      act()
      await new Promise((resolve) => setImmediate(resolve))
    }
  }

  it('a snapshot of many pages is one moment, whatever comes, goes and changes between them', async () => {
    const below = randomFrom(SEED)
    fill(60_000)
    let next = 60_001
    let commits = 0
    const reading = table().snapshot(id, inbox)
    await until(reading, () => {
      if (commits++ > 400) return
      writer.commit({ flagged: 1 + below(next) })
      writer.commit({ expunged: 1 + below(next) })
      writer.commit({ added: next++, flagged: 1 + below(60_000) })
    })
    assert.ok(commits > 1)
    assertMoment(await reading)
  })

  it('a snapshot begins again where the log does not tell what came meanwhile', async () => {
    fill(20_000)
    let commits = 0
    const reading = table().snapshot(id, inbox)
    await until(reading, () => {
      if (commits++ === 0) writer.commit({ expunged: 500 }, false)
    })
    assertMoment(await reading)
  })

  it('a maildrop of many pages is one moment', async () => {
    fill(20_000)
    writer.sql.run("UPDATE entries SET uidl = 'own-' || uid WHERE uid % 700 = 0")
    let commits = 0
    const reading = table().maildrop(id, inbox)
    await until(reading, () => {
      if (commits++ < 3) writer.commit({ expunged: 100 * commits, added: 20_000 + commits })
    })
    const rows = writer.sql.columns<[number, number, string]>('SELECT uid, added, uidl FROM entries ORDER BY uid')
    const { uids, added, imported } = await reading
    assert.deepEqual(
      Array.from(uids, (one, at) => [one, added[at], imported.get(one) ?? '']),
      rows,
    )
    assert.equal(imported.size, 28)
  })

  it('a maildrop is given in part, and an empty one is empty', async () => {
    const count = async (...args: Parameters<MessageTable['maildrop']>) => (await table().maildrop(...args)).uids.length
    assert.equal(await count(id, inbox), 0)
    fill(2500)
    assert.equal(await count(id, inbox, uid(1000)), 1500)
    assert.equal(await count(id, inbox, uid(2500)), 0)
    assert.equal(await count(id, makeMailboxId(ACCOUNT, 9)), 0)
  })

  it('changes are followed through a long log, and given up where a snapshot is less work', async () => {
    fill(3000)
    for (let nth = 1; nth <= 450; nth++) writer.commit({ flagged: nth, expunged: 1000 + nth })
    const change = await table().changesSince(id, inbox, modSeq(1))
    assert.ok(change)
    assert.deepEqual(
      change.changes.map((one) => (one.kind === 'expunged' ? one.uids.length : one.rows.length)),
      [450, 450],
    )
    assert.equal(change.modSeq, 451)
    writer.sql.run("UPDATE changes SET flagged = '1:60000' WHERE mod_seq = 300")
    assert.equal(await table().changesSince(id, inbox, modSeq(1)), undefined)
    assert.equal((await table().expungedSince(id, inbox, modSeq(1)))?.length, 450)
    assert.ok(await table().changesSince(id, inbox, modSeq(300)))
    writer.sql.run('DELETE FROM changes WHERE mod_seq < 400')
    assert.equal(await table().expungedSince(id, inbox, modSeq(398)), undefined)
    assert.deepEqual(await table().expungedSince(id, inbox, modSeq(449)), [1449, 1450])
    assert.equal(await table().expungedSince(id, inbox, modSeq(452)), undefined)
  })

  it('octets are read from row and chunks, whatever range is asked', async () => {
    const below = randomFrom(SEED)
    const sizes = [0, 1, CHUNK, CHUNK + 1, 3 * CHUNK, 20 * CHUNK + 5]
    const bodies = sizes.map((size) => Buffer.from(Array.from({ length: size }, (_, at) => at % 251)))
    for (const [nth, body] of bodies.entries()) {
      const key = messageKey(ACCOUNT, nth + 1)
      const inRow = body.length <= CHUNK ? body : null
      writer.sql.run("INSERT INTO messages VALUES (?, 1, NULL, 0, '{}', x'', ?)", key, inRow)
      for (let at = 0; !inRow && at < body.length; at += CHUNK) {
        writer.sql.run('INSERT INTO chunks VALUES (?, ?, ?)', key, at / CHUNK, body.subarray(at, at + CHUNK))
      }
    }
    for (let turn = 0; turn < 300; turn++) {
      const nth = below(bodies.length)
      const body = bodies[nth] ?? Buffer.alloc(0)
      const edges = [below(body.length + 1), below(body.length + CHUNK), CHUNK * below(4), body.length].sort(
        (a, b) => a - b,
      )
      const [start = 0, end = 0] = [edges[below(2)], edges[2 + below(2)]]
      const found = await table().read(id, makeEmailId(ACCOUNT, nth + 1), start, end)
      assert.ok(found?.equals(body.subarray(start, end)), `${nth} ${start}-${end}, seed ${SEED}`)
    }
    assert.equal(await table().read(id, makeEmailId(ACCOUNT, 99), 0, 10), undefined)
    writer.sql.run('DELETE FROM messages WHERE id = ?', messageKey(ACCOUNT, 6))
    writer.sql.run('DELETE FROM chunks WHERE id = ?', messageKey(ACCOUNT, 6))
    assert.equal(await table().read(id, makeEmailId(ACCOUNT, 6), 0, 10), undefined)
  })

  it('accounts and mailboxes are found by name and number', async () => {
    await mail.write('createAccount', [{ name: 'b@x', attributes: '{"admin":true}' }, 0])
    const accounts = accountReads(mail)
    assert.equal((await accounts.find('A@X'))?.id, id)
    assert.equal(await accounts.find('c@x'), undefined)
    assert.equal((await accounts.get(makeAccountId(2)))?.admin, true)
    const names: string[] = []
    for await (const { name } of accounts.list()) names.push(name)
    assert.deepEqual(names, ['a@x', 'b@x'])
    assert.deepEqual(await accounts.usage(makeAccountId(9)), { bytes: 0, messages: 0 })
    const boxes = mailboxReads(mail)
    for (const [mailbox, name] of ['Zoo', 'Archive', 'zoo/a'].entries()) {
      writer.sql.run("INSERT INTO mailboxes VALUES (1, ?, ?, 5, 1, 1, '', '\\Sent', 0, 0, 0, 0, 1)", mailbox + 2, name)
    }
    assert.deepEqual(
      (await boxes.list(id)).map(({ name, subscribed, specialUse }) => [name, subscribed, specialUse.length]),
      [
        ['INBOX', true, 0],
        ['Archive', false, 1],
        ['Zoo', false, 1],
        ['zoo/a', false, 1],
      ],
    )
    assert.equal((await boxes.find(id, 'Zoo'))?.id, makeMailboxId(ACCOUNT, 2))
    assert.equal(await boxes.find(id, 'zoo'), undefined)
    assert.equal((await boxes.get(id, inbox))?.name, 'INBOX')
    assert.equal(await boxes.modSeq(id, inbox), 1)
    assert.equal(await boxes.modSeq(makeAccountId(2), inbox), undefined)
  })
})
