import assert from 'node:assert/strict'
import { readdirSync, rmSync, statSync, truncateSync } from 'node:fs'
import path from 'node:path'
import { type Database, openDatabase } from '../../lib/engine/sqlite/database'
import { Unavailable } from '../../lib/terms/errors'
import { fillUp, smallDisk } from '../disk'
import { run } from '../e2e/demo'
import { eventually } from '../eventually'
import { lookAt, type Numbered, program } from './numbered'
import { SMALL, startStorm } from './storm'

describe('SQLite on a disk that refuses', function () {
  this.timeout(120_000)
  let folder: string
  let file: string
  let database: Database<Numbered> | undefined
  beforeEach(async function () {
    const disk = await smallDisk('8m')
    if (!disk) return this.skip()
    folder = disk
    file = path.join(folder, 'numbers.sqlite')
  })
  afterEach(async () => {
    await database?.close()
    database = undefined
    if (!folder) return
    await run('umount', ['-l', folder])
    rmSync(folder, { recursive: true, force: true })
  })
  const refusal = (what: RegExp) => (error: unknown) => {
    assert.ok(error instanceof Unavailable, String(error))
    assert.ok(error.message.startsWith(file), error.message)
    assert.match(error.message, what)
    return true
  }
  const lastOf = (): number => {
    assert.ok(database)
    const { last, faults } = lookAt(database.read)
    assert.deepEqual(faults, [])
    return last
  }

  it('a full one: writes are refused, reading goes on, with room again it goes on', async () => {
    database = await openDatabase(file, program, { settings: SMALL })
    await database.write('write', [1, 0])
    for (let round = 0; round < 5; round++) {
      const before = lastOf()
      fillUp(path.join(folder, 'filler'))
      await assert.rejects(database.write('grow', [1, 1, 2000]), refusal(/disk is full|disk I\/O error/))
      assert.equal(lastOf(), before)
      rmSync(path.join(folder, 'filler'))
      assert.equal(await database.write('grow', [1, 1, 10]), before + 1)
      await database.write('shrink', [1, 2])
    }
    const last = lastOf()
    await database.close()
    database = await openDatabase(file, program)
    assert.equal(lastOf(), last)
  })

  it('a full one: a file that cannot be made leaves nothing behind', async () => {
    let failures = 0
    for (const kilobytes of [0, 8, 16, 24, 32, 40, 64, 96]) {
      fillUp(path.join(folder, 'filler'))
      truncateSync(path.join(folder, 'filler'), statSync(path.join(folder, 'filler')).size - kilobytes * 1024)
      try {
        database = await openDatabase(file, program)
        await database.write('write', [1, 0]).catch(() => undefined)
        await database.close()
      } catch (error) {
        refusal(/disk is full|disk I\/O error|no space/)(error)
        failures += 1
        assert.deepEqual(readdirSync(folder), ['filler'])
      }
      database = undefined
      rmSync(path.join(folder, 'filler'))
      database = await openDatabase(file, program)
      await database.write('write', [1, 1])
      lastOf()
      await database.close()
      for (const name of readdirSync(folder)) rmSync(path.join(folder, name))
    }
    assert.ok(failures > 0)
  })

  it('a full one, now and then: nothing that was told to any of three processes is lost', async () => {
    let told = 0
    let refused = 0
    const processes = Array.from({ length: 3 }, (_, writer) => {
      const order = { file, writer, seed: writer, writes: 400, sessions: 4, settings: SMALL }
      return startStorm(order, undefined, (note) => {
        if (note.is === 'done') told = Math.max(told, note.place)
        if (note.is === 'refused') refused += 1
      })
    })
    const ended = Promise.all(processes.map((storm) => storm.ended))
    let over = false
    void ended.then(() => {
      over = true
    })
    while (!over) {
      const before = told
      await eventually('writes are told', () => told > before + 50 || over)
      const refusedBefore = refused
      fillUp(path.join(folder, 'filler'))
      await eventually('a write is refused', () => refused > refusedBefore || over)
      rmSync(path.join(folder, 'filler'))
    }
    assert.deepEqual(await ended, [0, 0, 0])
    assert.ok(refused > 0)
    database = await openDatabase(file, program)
    assert.ok(lastOf() >= told)
  })

  it('one that is read-only: it is not opened, and the reason is told', async () => {
    const order = { file, writer: 1, seed: 1, writes: 20, sessions: 1, settings: SMALL }
    assert.equal(await startStorm(order).ended, 0)
    assert.equal((await run('mount', ['-o', 'remount,ro', folder])).code, 0)
    await assert.rejects(openDatabase(file, program), refusal(/read-?only/i))
    await assert.rejects(openDatabase(path.join(folder, 'other.sqlite'), program), /other\.sqlite: .*read-?only/i)
    assert.equal((await run('mount', ['-o', 'remount,rw', folder])).code, 0)
    database = await openDatabase(file, program)
    assert.equal(lastOf(), 20)
  })
})
