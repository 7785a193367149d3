import assert from 'node:assert/strict'
import { StoreUnavailable } from '../../lib/store/store'
import { Unavailable, unavailable } from '../../lib/terms/errors'
import { logThrown } from '../../lib/terms/log-thrown'
import { silentLog } from '../../lib/terms/ports'

describe('what is thrown', () => {
  it('is one line now and then when something cannot be used, and of a bug the stack each time', () => {
    const lines: string[] = []
    const log = {
      ...silentLog,
      warn: (text: string) => lines.push(`warn ${text}`),
      error: (text: string) => lines.push(`error ${text.split('\n')[0]} ${text.includes('\n    at ')}`),
    }
    const outage = new StoreUnavailable('the disk is full')
    for (let time = 0; time < 5; time++) logThrown(log, 'IMAP 1 STORE', outage, 1000 + time)
    logThrown(log, 'IMAP 1 FETCH', new Unavailable('no thread was free'), 2000)
    for (let time = 0; time < 2; time++) logThrown(log, 'IMAP 1 NOOP', new TypeError('a bug'), 3000)
    logThrown(log, 'IMAP 2 COPY', outage, 61_500)
    logThrown(log, 'IMAP 2 COPY', outage, 130_000)
    assert.deepEqual(lines, [
      'warn IMAP 1 STORE: not available: the disk is full',
      'warn IMAP 1 FETCH: not available: no thread was free',
      'error IMAP 1 NOOP: TypeError: a bug true',
      'error IMAP 1 NOOP: TypeError: a bug true',
      'warn IMAP 2 COPY: not available: the disk is full (and 4 times since the last line)',
      'warn IMAP 2 COPY: not available: the disk is full',
    ])
  })

  it('becomes a fault when it cannot be used, of a driver of another package too; a bug is thrown again', () => {
    class Foreign extends Error {
      override readonly name = 'StoreUnavailable'
    }
    for (const error of [new StoreUnavailable('away'), new Unavailable('away'), new Foreign('away')]) {
      assert.deepEqual(unavailable(error), { ok: false, fault: { kind: 'unavailable', why: 'away' } })
    }
    const bug = new TypeError('a bug')
    assert.throws(() => unavailable(bug), bug)
  })
})
