import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, type RequestOptions, request } from 'node:http'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { MOST_JSON, readJson } from '../../lib/web/kernel/body/json'
import { boundaryOf, readMultipart } from '../../lib/web/kernel/body/multipart'
import { client, form, openWeb, type Web } from '../http/web'

const octets = Buffer.from

describe('bodies of requests', () => {
  describe('JSON', () => {
    it('is read as it is written', () => {
      for (const text of ['{}', ' [1, "a,[{\\"", {"b": null}]\n', '"\\\\"', '12', '{"a":{"__proto__":1}}']) {
        assert.deepEqual(readJson(octets(text)), JSON.parse(text))
      }
    })
    it('is counted before it is parsed: levels, values, fields, octets', () => {
      for (const [text, message] of [
        ['['.repeat(33), /levels/],
        ['{"a":'.repeat(33), /levels/],
        ['['.repeat(MOST_JSON), /levels/],
        [`[${'{},'.repeat(13_000)}{}]`, /values/],
        [`[${'0,'.repeat(25_000)}0]`, /values/],
        [`{${Array.from({ length: 2501 }, (_, nth) => `"${nth}":0`).join()}}`, /fields/],
        [`"${'x'.repeat(MOST_JSON)}"`, /too big/],
        ['{"a":"\xff"}', /expected JSON/],
        ['', /expected JSON/],
        ['{"a":1}}', /expected JSON/],
      ] as const) {
        assert.throws(() => readJson(octets(text, 'latin1')), message, text.slice(0, 20))
      }
      assert.equal(Array.isArray(readJson(octets(`[${'0,'.repeat(20_000)}0]`))), true)
      assert.deepEqual(readJson(octets(`"${'[{,:'.repeat(20_000)}"`)), '[{,:'.repeat(20_000))
    })
  })

  describe('forms (RFC 7578)', () => {
    const written = (fields: readonly (readonly [string, Buffer])[], boundary: string): Buffer =>
      Buffer.concat([
        ...fields.flatMap(([name, content]) => [
          octets(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="x; name=y"\r\n\r\n`),
          content,
          octets('\r\n'),
        ]),
        octets(`--${boundary}--\r\n`),
      ])
    const name = fc.stringMatching(/^[\w-]{1,64}$/)
    const content = fc.uint8Array({ maxLength: 300 }).map((array) => octets(array))

    it('gives back what was written', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(name, content), { maxLength: 5 }), async (fields) => {
          const read = await readMultipart(written(fields, 'nowhere-in-it'), 'nowhere-in-it')
          assert.deepEqual(
            read.map((field) => [field.name, octets(field.octets)]),
            fields,
          )
        }),
      )
    })
    it('refuses every other octets without a throw of its own', async () => {
      const whole = written([['a', octets('one')]], 'b')
      await fc.assert(
        fc.asyncProperty(fc.nat(whole.length - 3), fc.nat(255), async (at, octet) => {
          const broken = octets(whole)
          broken[at] = octet
          const result = await readMultipart(broken, 'b').catch((error: unknown) => error)
          assert.ok(Array.isArray(result) || (result instanceof Error && ['Invalid', 'Refused'].includes(result.name)))
          await assert.rejects(readMultipart(whole.subarray(0, at), 'b'), { name: 'Invalid' })
        }),
      )
    })
    it('has a boundary, short headers and a bounded number of fields', async () => {
      assert.equal(boundaryOf('multipart/form-data; boundary="a b"'), 'a b')
      assert.equal(boundaryOf('multipart/form-data; charset=x; BOUNDARY=ab;c=d'), 'ab')
      assert.throws(() => boundaryOf('multipart/form-data'), /boundary/)
      assert.throws(() => boundaryOf(`multipart/form-data; boundary=${'x'.repeat(71)}`), /boundary/)
      const many = Array.from({ length: 202 }, (): readonly [string, Buffer] => ['a', octets('')])
      await assert.rejects(readMultipart(written(many, 'b'), 'b'), { status: 413 })
      const long = octets(`--b\r\nX: ${'x'.repeat(5000)}\r\n\r\nc\r\n--b--`)
      await assert.rejects(readMultipart(long, 'b'), /short header/)
    })
  })

  describe('on the wire', () => {
    let web: Web
    let browser: ReturnType<typeof client>
    let csrf: string
    const open: ClientRequest[] = []
    before(async () => {
      web = await openWeb({ http: { main: { body_timeout: '300ms', bodies_per_address: '5', max_body: '3M' } } })
      await web.account('bodies@example.org')
      browser = client(web.url)
      csrf = (await browser.logIn('bodies@example.org')).body.csrf
    })
    after(async () => {
      for (const one of open) one.destroy()
      await web.close()
    })

    /** Says its head, and as much of the body as it is told. */
    function ask(route: string, headers: RequestOptions['headers'], body?: Buffer | string): ClientRequest {
      const asking = request(`${web.url}/api/v1/${route}`, { method: 'POST', headers })
      asking.on('error', () => undefined)
      open.push(asking)
      if (body === undefined) asking.flushHeaders()
      else asking.write(body)
      return asking
    }
    async function answer(asking: ClientRequest): Promise<{ status: number | undefined; error: string }> {
      const [response]: IncomingMessage[] = await once(asking, 'response')
      assert.equal(response?.headers['cache-control'], 'no-store')
      let text = ''
      for await (const chunk of response ?? []) text += String(chunk)
      return { status: response?.statusCode, error: JSON.parse(text).error }
    }
    const json = { 'content-type': 'application/json' }
    const own = () => ({ ...json, cookie: browser.cookie(), 'x-csrf-token': csrf })

    it('nothing is unfolded', async () => {
      const packed = gzipSync(`[${'{},'.repeat(14_000_000)}{}]`)
      assert.ok(packed.length < 50_000)
      for (const encoding of ['gzip', 'br', 'deflate', 'x']) {
        for (const [route, headers] of [
          ['session', json],
          ['send', own()],
        ] as const) {
          const asking = ask(route, { ...headers, 'content-encoding': encoding }, packed)
          asking.end()
          assert.deepEqual(await answer(asking), { status: 415, error: 'encoding' })
        }
      }
    })
    it('a stranger may say 16 KB where one logs in, and nothing elsewhere', async () => {
      const long = { user: 'x', password: 'y', code: 'z'.repeat(17_000) }
      assert.equal((await browser.post('session', long)).status, 413)
      const chunked = ask('session', json, 'x'.repeat(17_000))
      chunked.end()
      assert.equal((await answer(chunked)).status, 413)
      for (const route of ['send', 'drafts', 'account/password', 'admin/accounts', 'nothing']) {
        // Answered before any octet of the body has come.
        const { status } = await answer(ask(route, { ...json, 'content-length': '3000000' }))
        assert.equal(status, route === 'nothing' ? 404 : 401, route)
      }
      const forged = await answer(ask('send', { ...own(), 'x-csrf-token': 'no', 'content-length': '3000000' }))
      assert.deepEqual(forged, { status: 403, error: 'csrf' })
    })
    it('who is in may say 1 MB of JSON, and files up to the limit', async () => {
      const draft = { to: '', subject: '', text: 'x'.repeat(900_000) }
      assert.equal((await browser.post('drafts', draft)).status, 201)
      assert.equal((await browser.post('drafts', { ...draft, text: 'x'.repeat(1_100_000) })).status, 413)
      const attachments = [{ name: 'big', file: 'a' }]
      const small = { to: '', subject: '', text: '', attachments }
      assert.equal((await browser.post('drafts', form(small, { a: Buffer.alloc(2_900_000) }))).status, 201)
      assert.equal((await browser.post('drafts', form(small, { a: Buffer.alloc(3_200_000) }))).status, 413)
      assert.equal((await browser.post('drafts', form(small, { b: 'x' }))).body.error, 'bad-attachment')
      assert.equal((await browser.post('drafts', form({ ...small, odd: 1 }, { a: 'x' }))).body.error, 'invalid')
      assert.equal((await browser.post('mailboxes', form({ name: 'x' }, {}))).body.error, 'type')
      assert.equal((await browser.post('drafts', draft, { 'content-type': 'text/plain' })).body.error, 'type')
      const latin = { 'content-type': 'application/json; charset=iso-8859-1' }
      assert.equal((await browser.post('drafts', draft, latin)).body.error, 'type')
      const utf8 = { 'content-type': 'application/json; charset="UTF-8"' }
      assert.equal((await browser.post('drafts', draft, utf8)).status, 201)
    })
    it('few of an address may be unfinished, and one that comes slowly is given up', async () => {
      const stalled = Array.from({ length: 5 }, () => ask('session', { ...json, 'content-length': '100' }, '{'))
      await Promise.all(stalled.map((asking) => once(asking, 'socket')))
      const answers = Promise.all(stalled.map(answer))
      const refused = await answer(ask('session', { ...json, 'content-length': '100' }, '{'))
      assert.deepEqual(refused, { status: 429, error: 'too-many-requests' })
      for (const one of await answers) assert.deepEqual(one, { status: 408, error: 'too-slow' })
      assert.equal((await browser.get('session')).status, 200)
      assert.equal((await client(web.url).logIn('bodies@example.org')).status, 200)
    })
    it('of big bodies an address has one in memory', async () => {
      const type = { ...own(), 'content-type': 'multipart/form-data; boundary=b' }
      const one = ask('send', { ...type, 'content-length': '3000000' }, '--b\r\n')
      await once(one, 'socket')
      const given = answer(one)
      const two = await answer(ask('send', { ...type, 'content-length': '3000000' }, '--b\r\n'))
      assert.deepEqual(two, { status: 429, error: 'too-many-requests' })
      assert.equal((await given).status, 408)
      const three = ask('send', { ...type, 'content-length': '5' }, '--b\r\n')
      assert.equal((await answer(three)).status, 400)
    })
    it('a body that is cut off is forgotten', async () => {
      for (let nth = 0; nth < 20; nth++) {
        const asking = ask('session', { ...json, 'content-length': '100' }, '{')
        await once(asking, 'socket')
        asking.destroy()
      }
      let reply = await client(web.url).logIn('bodies@example.org')
      for (let tries = 0; reply.status === 429 && tries < 100; tries++) {
        reply = await client(web.url).logIn('bodies@example.org')
      }
      assert.equal(reply.status, 200)
    })
    it('connections of an address are bounded, and those that went make room', async () => {
      const own = await openWeb({ http: { main: { connections_per_address: '5' } } })
      const port = Number(new URL(own.url).port)
      const crowd = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'))
      try {
        const closed = crowd.map((socket) =>
          once(
            socket.on('error', () => undefined),
            'close',
          ),
        )
        await Promise.all(closed.slice(5))
        assert.ok(crowd.slice(0, 5).every((socket) => !socket.destroyed))
        for (const socket of crowd) socket.destroy()
        await Promise.all(closed)
        let status = 0
        for (let tries = 0; status === 0 && tries < 100; tries++) {
          status = (await fetch(`${own.url}/healthz`).catch(() => ({ status: 0 }))).status
        }
        assert.equal(status, 200)
      } finally {
        await own.close()
      }
    })
    it('header fields and addresses are bounded', async () => {
      const fields = (count: number): Record<string, string> =>
        Object.fromEntries(Array.from({ length: count }, (_, nth) => [`x${nth}`, '']))
      const many = await answer(ask('session', { ...json, ...fields(200), 'content-length': '0' }))
      assert.deepEqual(many, { status: 431, error: 'too-many-headers' })
      for (const asking of [
        ask('session', { ...json, ...fields(10_000), 'content-length': '0' }),
        ask(`session?${'a=1&'.repeat(20_000)}`, json),
        ask(`mailboxes/${'x'.repeat(50_000)}/messages`, json),
      ]) {
        const [response]: IncomingMessage[] = await once(asking, 'response')
        assert.equal(response?.statusCode, 431)
        response?.resume()
      }
    })
  })
})
