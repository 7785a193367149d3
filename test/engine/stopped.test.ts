import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { openDatabase } from '../../lib/engine/sqlite/database'
import { Unavailable } from '../../lib/terms/errors'
import { eventually } from '../eventually'
import { randomFrom, SEED } from '../random'
import { lookAt, program } from './numbered'
import { SMALL, type StormProcess, startStorm } from './storm'

const LONG = Boolean(process.env.MAILBOX_LONG)
const BLOWS = LONG ? 150 : 15
const PROCESSES = 3

interface Told {
  readonly writer: number
  readonly number: number
}

describe('processes that write with SQLite are killed and stopped', function () {
  this.timeout(LONG ? 1_800_000 : 120_000)
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-stopped-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  it(`loses nothing that was told, and each goes on (${BLOWS} times, seed ${SEED})`, async () => {
    const random = randomFrom(SEED)
    const file = path.join(folder, 'numbers.sqlite')
    const told = new Map<number, Told>()
    let writers = 0
    const start = (): StormProcess => {
      writers += 1
      const order = { file, writer: writers, seed: SEED + writers, writes: 1_000_000, sessions: 6, settings: SMALL }
      return startStorm(order, undefined, (note) => {
        if (note.is === 'done') told.set(note.place, { writer: note.writer, number: note.number })
      })
    }
    const works = ({ notes }: StormProcess) =>
      eventually('a write is told', () => notes.some(({ is }) => is === 'done'))
    const processes = Array.from({ length: PROCESSES }, start)
    await Promise.all(processes.map(works))
    for (let blow = 0; blow < BLOWS; blow++) {
      await pause(random(100))
      const at = random(processes.length)
      const victim = processes[at]
      if (!victim) continue
      if (random(3) === 0) {
        victim.child.kill('SIGKILL')
        await victim.ended
        const next = start()
        processes[at] = next
        await works(next)
      } else {
        victim.child.kill('SIGSTOP')
        await pause(random(200))
        const before = told.size
        victim.child.kill('SIGCONT')
        await eventually('writes are told again', () => told.size > before)
      }
    }
    for (const { child, ended } of processes) {
      child.kill('SIGKILL')
      await ended
    }
    const database = await openDatabase(file, program)
    const { last, writes, faults } = lookAt(database.read)
    await database.close()
    assert.deepEqual(faults, [])
    assert.ok(last >= Math.max(...told.keys()), `${last} of ${Math.max(...told.keys())}`)
    for (const { place, writer, number } of writes) {
      const known = told.get(place)
      if (known) assert.deepEqual({ writer, number }, known)
    }
  })

  it('one that is stopped in a transaction lets others read; they write again when it goes on', async () => {
    const file = path.join(folder, 'numbers.sqlite')
    const database = await openDatabase(file, program, { settings: { patience: 300 } })
    const refused = () =>
      database.write('write', [1, 1]).then(
        () => false,
        (error: unknown) =>
          error instanceof Unavailable && /another process does not end its write/.test(error.message),
      )
    await database.write('write', [1, 0])
    const holder = startStorm({ file, writer: 2, seed: SEED, writes: 0, sessions: 1, settings: SMALL, hold: 3000 })
    try {
      await eventually('it is in a transaction', refused)
      holder.child.kill('SIGSTOP')
      // Longer than its transaction would have been.
      const end = performance.now() + 4000
      while (performance.now() < end) {
        assert.equal(await refused(), true)
        assert.deepEqual(lookAt(database.read).faults, [])
      }
      const exit = once(holder.child, 'exit')
      holder.child.kill('SIGCONT')
      await eventually('it can be written again', async () => !(await refused()))
      assert.equal((await exit)[0], 0)
      assert.deepEqual(lookAt(database.read).faults, [])
    } finally {
      holder.child.kill('SIGKILL')
      await database.close()
    }
  })
})
