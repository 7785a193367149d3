import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { type Gathering, openGathering } from '../../lib/metrics/gather'
import { createMetrics, type Measured } from '../../lib/metrics/registry'

describe('metrics', () => {
  let directory: string
  const open: Gathering[] = []
  const gather = async (own?: Measured): Promise<Gathering> => {
    const gathering = await openGathering(path.join(directory, 'metrics'), own?.registry)
    open.push(gathering)
    return gathering
  }
  beforeEach(() => {
    directory = mkdtempSync(path.join(tmpdir(), 'mailbox-metrics-'))
  })
  afterEach(() => {
    for (const gathering of open.splice(0)) gathering.close()
    rmSync(directory, { recursive: true })
  })

  it('sums what all processes counted, whichever is asked', async () => {
    const [one, two] = [createMetrics(), createMetrics()]
    const gatherings = [await gather(one), await gather(two), await gather()]
    one.count('mailbox_lock_granted_total', { protocol: 'pop3' })
    two.count('mailbox_lock_granted_total', { protocol: 'pop3' }, 2)
    one.move('mailbox_locks', 2, { protocol: 'imap' })
    two.move('mailbox_locks', -1, { protocol: 'imap' })
    two.observe('mailbox_lock_waited_seconds', 0.01, { protocol: 'pop3' })
    one.count('mailbox_lock_refused_total', { protocol: 'pop3', holder: 'imap' })
    two.count('mailbox_lock_refused_total', { protocol: 'pop3', holder: 'webmail' }, 4)
    two.count('mailbox_lock_refused_total', { protocol: 'imap', holder: 'pop3' })
    for (const gathering of gatherings) {
      const totals = await gathering.totals()
      assert.deepEqual(totals.by('mailbox_lock_refused_total', 'protocol'), { pop3: 5, imap: 1 })
      assert.deepEqual(totals.by('mailbox_deliveries_total', 'result'), {})
      const lines = (await gathering.text()).split('\n')
      assert.ok(lines.includes('mailbox_lock_granted_total{protocol="pop3"} 3'))
      assert.ok(lines.includes('mailbox_locks{protocol="imap"} 1'))
      assert.ok(lines.includes('mailbox_lock_waited_seconds_bucket{le="0.005",protocol="pop3"} 0'))
      assert.ok(lines.includes('mailbox_lock_waited_seconds_bucket{le="0.02",protocol="pop3"} 1'))
      assert.ok(lines.some((line) => line.startsWith('process_resident_memory_bytes ')))
    }
  })

  it('goes on without a process that has ended', async () => {
    const [one, two] = [createMetrics(), createMetrics()]
    const [left] = [await gather(one), await gather(two)]
    one.count('mailbox_deliveries_total', { result: 'stored' })
    open.pop()?.close()
    assert.ok((await left?.text())?.includes('mailbox_deliveries_total{result="stored"} 1'))
  })
})
