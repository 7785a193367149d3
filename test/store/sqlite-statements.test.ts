import assert from 'node:assert/strict'
import { binding } from '../../lib/engine/sqlite/connection/binding'
import { type Sql, sqlOn } from '../../lib/engine/sqlite/connection/connection'
import { message } from '../../lib/store/conformance/fixtures'
import { pack } from '../../lib/store/sqlite/pack'
import { SCHEMA } from '../../lib/store/sqlite/schema'
import { program } from '../../lib/store/sqlite/write/program'

/**
 * Statements of what clients do most: each is one to four microseconds for which nobody else writes. A number that grows makes every
 * user wait: change it only with a reason.
 */
const EXPECTED = {
  // mailbox; state; thread, looked for and put; message; entry; sums; mailbox and log
  append: 9,
  // each more: thread, looked for and put; message; entry
  'append of two': 13,
  // and: looked for; put; old ones removed
  'append with a mark': 12,
  // mailbox; entry, read and written; mailbox and log
  'flags of one': 5,
  // mailbox; entries; each of 10; mailbox and log
  'flags of 10': 14,
  'flags that are there': 2,
  // two mailboxes; entry, read and put; mailbox and log; copies; sums
  copy: 8,
  // two mailboxes; entry, read, put and removed; two mailboxes and logs
  move: 9,
  // mailbox; entry, read and removed; copies, read and written; sums; mailbox and log
  'expunge of a copy': 8,
  // mailbox; entry, read and removed; copies; message; note for the text index; thread; sums; mailbox and log
  'expunge of the last': 10,
  'the fence of a lock': 1,
} as const

describe('sqlite: statements of a write', () => {
  const connection = new (binding().DatabaseSync)(':memory:')
  let count = 0
  after(() => connection.close())

  function counting(sql: Sql): Sql {
    const counted = <A extends unknown[], T>(run: (...values: A) => T) => {
      return (...values: A): T => {
        count += 1
        return run(...values)
      }
    }
    const { get, all, columns, run, exec } = sql
    // Each keeps the parameters that it has.
    return {
      get: counted(get) as typeof get,
      all: counted(all) as typeof all,
      columns: counted(columns) as typeof columns,
      run: counted(run),
      exec,
    }
  }

  it('are no more than they must be', () => {
    for (const step of SCHEMA) connection.exec(step)
    const write = program.operations(counting(sqlOn(connection)))
    const account = write.createAccount({ name: 'a@example.org', attributes: '{}' }, 0)
    assert.ok(account)
    assert.ok(write.createMailbox(account, 'Other').ok)
    const found: Record<string, number> = {}
    function run(what: string, operation: () => { readonly ok: boolean }): void {
      count = 0
      assert.ok(operation().ok, what)
      found[what] = count
    }
    let sent = 0
    const mail = () => message('text', { messageId: `<${sent++}@x>` })
    const appended = (number: number, marks = 0) =>
      write.append(
        account,
        1,
        pack(
          Array.from({ length: number }, mail),
          { marks: Array.from({ length: marks }, () => ({ what: 'this', at: 1, until: 2 })) },
          0,
        ),
      )
    const flags = (uids: readonly number[]) =>
      write.storeFlags(account, 1, { uids, how: 'add', flags: '\\Seen', unchangedSince: undefined, quota: undefined })
    const copied = (kind: 'copy' | 'move', uid: number) =>
      write.copyOrMove(account, { kind, from: 1, to: 2, uids: [uid], now: 0 })
    const expunged = (mailbox: number, uid: number) => write.expunge(account, mailbox, [uid], { only: 'all' }, 0)

    run('append', () => appended(1))
    run('append of two', () => appended(2))
    run('append with a mark', () => appended(1, 1))
    assert.ok(appended(20).ok)
    run('flags of one', () => flags([1]))
    run('flags of 10', () => flags([2, 3, 4, 5, 6, 7, 8, 9, 10, 11]))
    run('flags that are there', () => flags([1]))
    run('copy', () => copied('copy', 1))
    run('move', () => copied('move', 2))
    run('expunge of a copy', () => expunged(1, 1))
    run('expunge of the last', () => expunged(2, 1))
    run('the fence of a lock', () => {
      write.raiseFence(account, 1)
      return { ok: true }
    })
    assert.deepEqual(found, EXPECTED)
  })
})
