import { deepEqual, equal, match, rejects, throws } from 'node:assert/strict'
import { execFile } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  mkdtempSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { openDisposable } from '../../lib/engine/sqlite/disposable/disposable'
import { Damaged } from '../../lib/engine/sqlite/errors'
import { Unavailable } from '../../lib/terms/errors'
import { silentLog } from '../../lib/terms/ports'
import { becomes } from '../eventually'
import { testLog } from '../login/room'
import { program } from './program'

const run = promisify(execFile)

/** Writes in a process of its own. @returns what it logged */
async function writtenElsewhere(file: string, count: number): Promise<string[]> {
  const child = path.join(__dirname, 'disposable-child.ts')
  const { stdout } = await run(process.execPath, ['-r', 'ts-node/register', child, file, `${count}`])
  return stdout.split('\n').filter(Boolean)
}

describe('engine: a SQLite file that can be made anew', () => {
  let folder: string
  let file: string
  /** closed by the end of its process: the package of Node 20 closes connections late */
  let whole: string
  before(async () => {
    whole = path.join(mkdtempSync(path.join(tmpdir(), 'mailbox-engine-')), 'numbers.sqlite')
    await writtenElsewhere(whole, 2000)
  })
  after(() => rmSync(path.dirname(whole), { recursive: true, force: true }))
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-engine-'))
    file = path.join(folder, 'numbers.sqlite')
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))

  type Numbers = Awaited<ReturnType<typeof opened>>
  const opened = (log = silentLog) => openDisposable(file, program, { log, lost: 'all numbers' })
  const numbers = (db: Numbers): string[] =>
    db.read((sql) => sql.columns<[string]>('SELECT name FROM numbers ORDER BY name').flat())
  const aside = (): string[] => readdirSync(folder).filter((name) => /\.damaged-\d+T\d+Z$/.test(name))
  function overwrite(from: number, to: number, octet: string): void {
    const descriptor = openSync(file, 'r+')
    for (let page = from; page < to; page++) writeSync(descriptor, Buffer.alloc(4096, octet), 0, 4096, page * 4096)
    closeSync(descriptor)
  }
  const pages = (): number => statSync(file).size / 4096

  it('is made, kept and opened again', async () => {
    const first = await opened()
    await first.write('set', ['kept', 1], 'visible')
    await first.close()
    const log = testLog()
    const db = await opened(log)
    deepEqual(numbers(db), ['kept'])
    await db.close()
    deepEqual(log.lines, [])
    deepEqual(
      readdirSync(folder).filter((name) => !/-(wal|shm)$/.test(name)),
      ['numbers.sqlite', 'numbers.sqlite.opening'],
    )
  })

  const damages: Record<string, () => void> = {
    'of zeros': () => writeFileSync(file, Buffer.alloc(8192)),
    'that is empty': () => truncateSync(file, 0),
    'of something else': () => writeFileSync(file, Buffer.alloc(8192, 'x')),
    'that is cut': () => truncateSync(file, statSync(file).size - 8192),
    'that is missing beside its log': () => renameSync(file, `${file}-wal`),
    'with zeros in the middle': () => overwrite(8, 9, '\0'),
  }
  for (const [name, damage] of Object.entries(damages)) {
    it(`a file ${name} is put aside, with a line in the log, and a new one begins`, async () => {
      copyFileSync(whole, file)
      damage()
      const log = testLog()
      const db = await opened(log)
      deepEqual(numbers(db), [])
      await db.write('set', ['after', 1], 'visible')
      await db.close()
      const again = await opened(log)
      deepEqual(numbers(again), ['after'])
      await again.close()
      equal(log.lines.length, 1, log.lines.join('\n'))
      match(log.lines[0] ?? '', /numbers\.sqlite is damaged \(.+\): it was put aside as numbers\.sqlite\.damaged-/s)
      match(log.lines[0] ?? '', / Lost: all numbers$/)
    })
  }

  it('of several that start at once over a damaged file one makes it anew, and all use that one', async () => {
    writeFileSync(file, Buffer.alloc(8192, 'x'))
    const log = testLog()
    const own = opened(log)
    const lines = (await Promise.all([1, 2, 3].map(() => writtenElsewhere(file, 1)))).flat()
    const db = await own
    deepEqual([numbers(db).length, aside().length, [...lines, ...log.lines].length], [3, 1, 1])
    await db.close()
  })

  it('garbage in the file that they take turns by keeps nobody out', async () => {
    writeFileSync(`${file}.opening`, 'garbage')
    const db = await opened()
    deepEqual(numbers(db), [])
    await db.close()
    equal(statSync(`${file}.opening`).size, 0)
  })

  it('those who have an old file open go over to the new one', async () => {
    const db = await opened()
    await db.write('set', ['old', 1], 'visible')
    for (const part of ['-wal', '-shm', '']) renameSync(file + part, `${file}.damaged-1${part}`)
    const other: Numbers = await opened()
    await other.write('set', ['new', 1], 'visible')
    const seen = (): string => {
      try {
        return numbers(db).join()
      } catch (error) {
        return String(error)
      }
    }
    await becomes(seen, 'new')
    await db.write('add', ['both'], 'visible')
    await other.write('add', ['both'], 'visible')
    deepEqual([numbers(db), numbers(other)], Array(2).fill(['both', 'new']))
    await Promise.all([db.close(), other.close()])
    const again = await opened()
    deepEqual(numbers(again), ['both', 'new'])
    await again.close()
  })

  it('damage that is found at work names the file, and is mended at the next start', async () => {
    copyFileSync(whole, file)
    const db = await opened()
    // Beyond what the first pages tell, which are in memory.
    overwrite(2, pages(), 'x')
    const said = (error: unknown): boolean => {
      equal(error instanceof Damaged && error instanceof Unavailable, true, String(error))
      match(
        String(error),
        /numbers\.sqlite is damaged \(.+\): at the next start it is put aside, and a new one is begun/,
      )
      return true
    }
    throws(() => numbers(db), said)
    for (const durability of ['visible', 'quick-visible', 'quick-durable'] as const)
      await rejects(db.write('set', ['a', 1], durability), said)
    await db.close()
    copyFileSync(file, `${file}.later`)
    match((await writtenElsewhere(`${file}.later`, 1)).join(), /numbers\.sqlite\.later is damaged/)
  })
})
