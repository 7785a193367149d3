import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import express from 'express'
import { Unavailable } from '../../lib/terms/errors'
import { createFail } from '../../lib/web/kernel/fail'
import { notFound, Refused } from '../../lib/web/kernel/faults'
import { Invalid } from '../../lib/web/kernel/schema'
import { testLog } from '../login/room'

/** What is thrown while a request is answered, its status, and the lines of the log. */
const CASES: readonly (readonly [
  what: string,
  error: unknown,
  status: number,
  code: string,
  logged: RegExp | undefined,
])[] = [
  ['a refusal', new Refused(409, 'exists', 'There is one.'), 409, 'exists', undefined],
  ['what is not there', notFound('mailbox'), 404, 'not-found', undefined],
  ['a request that cannot be read', new Invalid('uids: expected a list'), 400, 'invalid', undefined],
  ['an id that is none', new RangeError('account id must be short'), 400, 'invalid', undefined],
  ['a store that is away', new Unavailable('connection refused'), 503, 'unavailable', /^http: not available: /],
  [
    'a mistake of ours',
    new TypeError('secret of the inside'),
    500,
    'internal',
    /^http: error [0-9a-f]{8}: TypeError: /,
  ],
  ['what is no error', 'secret of the inside', 500, 'internal', /^http: error [0-9a-f]{8}: secret of the inside$/],
]

describe('errors as answers', () => {
  for (const [what, error, status, code, logged] of CASES) {
    it(`of ${what}: ${status} ${code}`, async () => {
      const log = testLog()
      const fail = createFail(log)
      const app = express()
      app.get('/', (_request, response) => fail(response, error))
      const server = createServer(app).listen(0, '127.0.0.1')
      await once(server, 'listening')
      try {
        const address = server.address()
        const answer = await fetch(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`)
        const body: unknown = await answer.json()
        assert.equal(answer.status, status)
        assert.ok(typeof body === 'object' && body !== null && 'error' in body && body.error === code)
        assert.ok(!JSON.stringify(body).includes('secret of the inside'))
        assert.equal(log.lines.length, logged === undefined ? 0 : 1)
        if (logged) assert.match(log.lines[0] ?? '', logged)
      } finally {
        server.closeAllConnections()
        server.close()
      }
    })
  }
})
