import assert from 'node:assert/strict'
import { answered, documentOf } from '../openapi'
import { client, openWeb, type Web } from '../web'

export function otherRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

  it('has health and metrics, the latter for named networks only', async () => {
    const browser = client(web.url)
    assert.deepEqual((await browser.get('/healthz')).body, { status: 'ok' })
    // Whoever asks often asks the store seldom.
    let asked = 0
    const { list } = web.locks
    const counted = (...given: Parameters<typeof list>): ReturnType<typeof list> => {
      asked++
      return list(...given)
    }
    Object.assign(web.locks, { list: counted })
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(`${web.url}/healthz`)))
    Object.assign(web.locks, { list })
    assert.ok(answers.every(({ status }) => status === 200))
    assert.ok(asked < 50, String(asked))
    assert.match((await browser.get('/metrics')).body, /^served_by/)
    const own = await openWeb({ http: { main: { metrics_from: 'none' } } })
    assert.equal((await client(own.url).get('/metrics')).status, 404)
    await own.close()
  })
  it('serves its own files only, with a strict policy, small', async () => {
    const page = await client(web.url).get('/mail/')
    assert.match(page.body, /<script type="module" src="\/mail\/app\.js">/)
    const policy = page.headers.get('content-security-policy') ?? ''
    assert.doesNotMatch(policy, /unsafe|\*|https?:/)
    let octets = 0
    // The page and everything that it names: scripts, what they import, styles, its picture.
    const named = [...page.body.matchAll(/(?:href|src)="\/mail\/(.*?)"/g)].map(([, name = '']) => name)
    assert.ok(named.includes('mail/mail.js') && named.includes('icon.svg'))
    for (const name of ['', ...named]) {
      const response = await fetch(`${web.url}/mail/${name}`, { headers: { 'accept-encoding': 'identity' } })
      assert.equal(response.status, 200, name)
      octets += (await response.arrayBuffer()).byteLength
    }
    assert.ok(octets < 192 * 1024, `${octets} octets`)
    assert.equal((await client(web.url).get('/mail/package.json')).status, 404)
    assert.equal((await client(web.url).get('/mail/..%2f..%2fserver.ts')).status, 404)
    const etag = page.headers.get('etag') ?? ''
    assert.equal((await client(web.url).get('/mail/', { 'if-none-match': etag })).status, 304)
  })
  it('answers every operation as the OpenAPI document says', async () => {
    const { paths } = await documentOf(web.url)
    const all = Object.values(paths).flatMap((methods) => Object.values(methods).map(({ operationId }) => operationId))
    // A stream has no end; its own test is "tells live what arrives". What only some messages offer: test/http/reading.test.ts.
    const elsewhere =
      /^(?:getEvents|(?:get|post)MailboxesMailboxMessagesUid(?:PartsPart(?:Invitation|Pdf)|Unsubscribe|Files))$/
    assert.deepEqual(
      all.filter((name) => !answered.has(name) && !elsewhere.test(name)),
      [],
    )
  })
  it('describes every route in the OpenAPI document, with unique names', async () => {
    const { body } = await client(web.url).get('openapi.json')
    assert.equal(body.openapi, '3.1.0')
    const operations = Object.values(body.paths).flatMap((path) =>
      Object.values(path as Record<string, { operationId: string; summary: string }>),
    )
    assert.ok(operations.length > 45)
    assert.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length)
    assert.ok(operations.every(({ summary }) => summary.length > 5))
  })
}
