import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { DeliveryEntry } from '../../lib/delivery/log/entries'
import { openDeliveryLog } from '../../lib/delivery/log/log'
import { DAY } from '../../lib/terms/calendar'
import { testClock, testLog } from '../login/room'

const T0 = 1_800_000_000_000
const entry = (at: number, more: Partial<DeliveryEntry> = {}): DeliveryEntry => ({
  ...{ at: T0 + at, sender: 'ann@example.net', recipient: 'bob@example.org', outcome: 'stored', reply: '250 2.0.0 ok' },
  ...{ size: 100, messageId: `m${at}@example.net` },
  ...more,
})

describe('the log of deliveries', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'mailbox-deliveries-'))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const clock = testClock(T0)
  const open = (log = testLog()) => openDeliveryLog({ path: folder, keep: 10 * DAY, clock, log })
  const ats = (entries: readonly DeliveryEntry[]): number[] => entries.map(({ at }) => at - T0)

  it('tells newest first what several processes wrote, each entry once, in pages', async () => {
    const [one, two] = [await open(), await open()]
    const numbers = Array.from({ length: 1203 }, (_, n) => n)
    await Promise.all([
      one.note(numbers.filter((n) => n % 2 === 0).map((n) => entry(n))),
      two.note(numbers.filter((n) => n % 2 === 1).map((n) => entry(n))),
    ])
    assert.deepEqual(ats(await one.list({ limit: 5000 })), numbers.reverse())
    assert.deepEqual(ats(await two.list({ limit: 3, to: T0 + 1000 })), [1000, 999, 998])
    assert.deepEqual(ats(await two.list({ limit: 5000, from: T0 + 10, to: T0 + 12 })), [12, 11, 10])
    await Promise.all([one.close(), two.close()])
    const again = await open()
    assert.deepEqual(await again.list({ limit: 1 }), [entry(1202)])
    await again.close()
  })

  it('finds by address in any case, outcome, size and Message-ID', async () => {
    const log = await open()
    await log.note([
      entry(1, { sender: 'ÄNN@example.net' }),
      entry(2, { outcome: 'later', size: 5000 }),
      entry(3, { recipient: 'Änn@Example.org', outcome: 'refused' }),
    ])
    const found = async (filter: object): Promise<number[]> => ats(await log.list({ limit: 10, ...filter }))
    assert.deepEqual(await found({ address: 'änn@EXAMPLE' }), [3, 1])
    assert.deepEqual(await found({ address: 'example.net', outcome: 'later' }), [2])
    assert.deepEqual(await found({ minSize: 101 }), [2])
    assert.deepEqual(await found({ messageId: 'm3@' }), [3])
    assert.deepEqual(await found({ address: '%' }), [])
    await log.close()
  })

  it('forgets what is older than it keeps, a few for each that comes', async () => {
    const log = await open()
    const old = Array.from({ length: 100 }, (_, n) => entry(n - 20 * DAY))
    const young = Array.from({ length: 40 }, (_, n) => entry(n))
    await log.note(old)
    await log.note(young)
    await log.note([entry(50)])
    const left = ats(await log.list({ limit: 1000 }))
    assert.deepEqual(left, [50, ...Array.from({ length: 40 }, (_, n) => 39 - n)])
    await log.close()
  })

  it('a damaged file is put aside, with one line in the log, and a new one begins', async () => {
    writeFileSync(path.join(folder, 'deliveries.sqlite'), 'x'.repeat(10_000))
    const lines = testLog()
    const log = await open(lines)
    await log.note([entry(1)])
    assert.deepEqual(ats(await log.list({ limit: 2 })), [1])
    await log.close()
    assert.equal(lines.lines.length, 1)
    assert.match(lines.lines[0] ?? '', /deliveries\.sqlite is damaged .+ Lost: the log of deliveries$/)
    assert.equal(readdirSync(folder).filter((name) => name.startsWith('deliveries.sqlite.damaged-')).length, 1)
  })
})
