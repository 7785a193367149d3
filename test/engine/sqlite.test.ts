import { deepEqual, equal, match, rejects } from 'node:assert/strict'
import { copyFileSync, mkdtempSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { binding, isNewEnough } from '../../lib/engine/sqlite/connection/binding'
import { openDatabase } from '../../lib/engine/sqlite/database'
import { program } from './program'

describe('engine: SQLite', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-engine-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const file = (): string => path.join(folder, 'numbers.sqlite')

  it('takes a SQLite that cannot damage a shared log', () => {
    equal(isNewEnough(binding().version), true)
    const versions = ['3.50.7', '3.51.2', '3.51.3', '3.51.10', '3.52.0', '4.0.0']
    deepEqual(versions.map(isNewEnough), [false, false, true, true, true, true])
  })

  it('reads what was written, at once', async () => {
    const db = await openDatabase(file(), program)
    for (const durability of ['durable', 'visible', 'quick-durable', 'quick-visible'] as const) {
      equal(await db.write('set', [durability, 7], durability), 1)
      equal(db.read.get<{ number: number }>('SELECT number FROM numbers WHERE name = ?', durability)?.number, 7)
    }
    await db.close()
  })

  it('writes that wait together are each whole or not there', async () => {
    const db = await openDatabase(file(), program)
    const ended = await Promise.allSettled([
      db.write('set', ['one', 1]),
      db.write('setAndThrow', ['two', 2]),
      db.write('set', ['three', 3]),
    ])
    deepEqual(
      ended.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    deepEqual(db.read.columns<[string]>('SELECT name FROM numbers ORDER BY name').flat(), ['one', 'three'])
    await db.close()
  })

  it('loses no update of two writers of one file', async () => {
    const [one, two] = [await openDatabase(file(), program), await openDatabase(file(), program)]
    await Promise.all(
      Array.from({ length: 200 }, (_, index) =>
        (index % 2 ? one : two).write('add', ['n'], index % 3 ? 'visible' : 'quick-visible'),
      ),
    )
    equal(one.read.get<{ number: number }>("SELECT number FROM numbers WHERE name = 'n'")?.number, 200)
    await Promise.all([one.close(), two.close()])
  })

  it('keeps everything after it was closed, in one file for this user alone', async () => {
    const first = await openDatabase(file(), program)
    await first.write('set', ['kept', 5], 'visible')
    await first.close()
    equal(statSync(file()).mode & 0o777, 0o600)
    // Alone, without its log.
    copyFileSync(file(), `${file()}.copy`)
    const again = await openDatabase(`${file()}.copy`, program)
    equal(again.read.get<{ number: number }>("SELECT number FROM numbers WHERE name = 'kept'")?.number, 5)
    await again.close()
  })

  it("takes a copy that SQLite's own means have made", async () => {
    const first = await openDatabase(file(), program)
    await first.write('set', ['kept', 5])
    const copy = `${file()}.copy`
    first.read.exec(`VACUUM INTO '${copy}'`)
    await first.close()
    const again = await openDatabase(copy, program)
    await again.write('set', ['after', 6])
    equal(again.read.get<{ number: number }>("SELECT number FROM numbers WHERE name = 'kept'")?.number, 5)
    equal(again.read.get<{ journal_mode: string }>('PRAGMA journal_mode')?.journal_mode, 'wal')
    await again.close()
  })

  for (const [name, damage] of Object.entries({
    'of zeros': () => writeFileSync(file(), Buffer.alloc(8192)),
    'that is empty': () => truncateSync(file(), 0),
    'of something else': () => writeFileSync(file(), Buffer.alloc(8192, 'x')),
  })) {
    it(`names a file ${name}`, async () => {
      const db = await openDatabase(file(), program)
      await db.close()
      damage()
      await rejects(openDatabase(file(), program), (error: Error) => {
        match(error.message, /numbers\.sqlite is damaged \(.+\): restore it from a backup/)
        return true
      })
    })
  }
})
