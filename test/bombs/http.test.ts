import assert from 'node:assert/strict'
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { gzipSync } from 'node:zlib'
import { freePorts } from '../e2e/demo'
import { ALICE, BIG_MAIL_GROWTH, type Bomb, bombs, type Site } from './bomb'

const MEGABYTE = 1024 * 1024
/** The bombs are many requests at once: each on a connection of its own, which goes with its answer. */
const agent = new Agent({ keepAlive: false, maxSockets: 500 })

interface Asked {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: Buffer | string
  /** the body does not end */
  readonly open?: boolean
}
interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly text: string
}

function start(
  { demo }: Site,
  path: string,
  { method = 'POST', headers = {}, body, open = false }: Asked,
): ClientRequest {
  const length = body === undefined || open ? {} : { 'content-length': String(Buffer.byteLength(body)) }
  const all = { ...length, ...headers }
  const asking = request({ host: '127.0.0.1', port: demo.http, path, method, headers: all, agent })
  asking.on('error', () => undefined)
  if (body !== undefined) asking.write(body)
  if (open) asking.flushHeaders()
  else asking.end()
  return asking
}

/** undefined: the server hung up without an answer */
const answerOf = (asking: ClientRequest): Promise<Answered | undefined> =>
  new Promise((resolve) => {
    const hungUp = (): void => resolve(undefined)
    asking.once('close', hungUp)
    asking.once('response', (response) => {
      asking.off('close', hungUp)
      let text = ''
      response.on('data', (chunk) => {
        text += String(chunk)
      })
      response.on('close', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }))
    })
  })
const ask = (site: Site, path: string, asked: Asked): Promise<Answered | undefined> =>
  answerOf(start(site, path, asked))

const JSON_TYPE = { 'content-type': 'application/json' }

async function logIn(site: Site): Promise<Record<string, string>> {
  const body = JSON.stringify({ user: ALICE.user, password: ALICE.password })
  const reply = await ask(site, '/api/v1/session', { headers: JSON_TYPE, body })
  assert.equal(reply?.status, 200)
  const [cookie = ''] = reply.headers['set-cookie'] ?? []
  return { cookie: cookie.split(';')[0] ?? '', 'x-csrf-token': JSON.parse(reply.text).csrf }
}

/** Many at once; each is answered with one of these, and others come in afterwards. */
const many = (times: number, path: string, make: (nth: number) => Asked, expected: readonly number[]): Bomb => ({
  async run(site) {
    const all = await Promise.all(Array.from({ length: times }, (_, nth) => ask(site, path, make(nth))))
    for (const reply of all) if (reply) assert.ok(expected.includes(reply.status), `${reply.status} ${reply.text}`)
    await logIn(site)
  },
})
/** The same from somebody who is logged in; `make` gets what each request must say. */
const inside = (times: number, path: string, make: (nth: number) => Asked, expected: readonly number[]): Bomb => ({
  async run(site) {
    const own = await logIn(site)
    const all = await Promise.all(
      Array.from({ length: times }, (_, nth) => {
        const { headers, ...rest } = make(nth)
        return ask(site, path, { ...rest, headers: { ...own, ...headers } })
      }),
    )
    for (const reply of all) if (reply) assert.ok(expected.includes(reply.status), `${reply.status} ${reply.text}`)
    assert.equal((await ask(site, '/api/v1/session', { method: 'GET', headers: own }))?.status, 200)
  },
})

const folded = gzipSync(`[${'{},'.repeat(14 * MEGABYTE)}{}]`)
const form = { 'content-type': 'multipart/form-data; boundary=b' }
const draft = (more: object): Asked => ({
  headers: JSON_TYPE,
  body: JSON.stringify({ to: '', subject: 's', text: 't', ...more }),
})

const withHttp =
  (...more: readonly string[]) =>
  async (): Promise<readonly string[]> => [...['--http', ...(await freePorts(1)).map(String)], ...more]

bombs(
  'HTTP before login',
  {
    'gzip that unfolds to 42 MB': many(
      20,
      '/api/v1/session',
      () => ({ headers: { ...JSON_TYPE, 'content-encoding': 'gzip' }, body: folded }),
      [415],
    ),
    '[[[[ as JSON': many(15, '/api/v1/session', () => ({ headers: JSON_TYPE, body: '['.repeat(16_000) }), [400]),
    '{},{},{} as JSON': many(
      15,
      '/api/v1/session',
      () => ({ headers: JSON_TYPE, body: `[${'{},'.repeat(5000)}{}]` }),
      [400],
    ),
    '40 MB of JSON': many(5, '/api/v1/session', () => ({ headers: JSON_TYPE, body: '['.repeat(40 * MEGABYTE) }), [413]),
    '12 bodies of 30 MB that do not end, on every route': {
      async run(site) {
        const headers = { ...form, 'content-length': String(31 * MEGABYTE) }
        const body = Buffer.alloc(30 * MEGABYTE)
        const paths = ['session', 'send', 'drafts', 'account/password', 'nothing', 'admin/accounts']
        const all = [...paths, ...paths].map((path) => start(site, `/api/v1/${path}`, { headers, body, open: true }))
        for (const reply of await Promise.all(all.map(answerOf)))
          if (reply) assert.ok([401, 404, 413, 415].includes(reply.status), reply.text)
        await logIn(site)
      },
    },
    '300 bodies that come octet by octet': {
      async run(site) {
        const headers = { ...JSON_TYPE, 'content-length': '10000' }
        const all = Array.from({ length: 300 }, () =>
          start(site, '/api/v1/session', { headers, body: '{', open: true }),
        )
        const answers = all.map(answerOf)
        for (let octet = 0; octet < 20; octet++) {
          for (const asking of all) if (!asking.destroyed) asking.write(' ')
          await pause(100)
        }
        for (const asking of all) asking.destroy()
        for (const reply of await Promise.all(answers)) if (reply) assert.equal(reply.status, 429, reply.text)
        await pause(200)
        await logIn(site)
      },
    },
    '10,000 header fields': many(
      50,
      '/api/v1/session',
      () => ({ headers: Object.fromEntries(Array.from({ length: 10_000 }, (_, nth) => [`x${nth}`, ''])) }),
      [431],
    ),
    'header fields of 15 KB': many(
      100,
      '/api/v1/mailboxes',
      () => ({ method: 'GET', headers: { cookie: ';='.repeat(7000) } }),
      [401],
    ),
    'a query of 15 KB': many(
      100,
      `/api/v1/mailboxes/x/messages?${'a[][]=1&'.repeat(1800)}`,
      () => ({ method: 'GET' }),
      [401],
    ),
    'an address of 1 MB': many(20, `/api/v1/${'x/'.repeat(MEGABYTE / 2)}`, () => ({ method: 'GET' }), [431]),
    'wrong passwords at once': many(
      100,
      '/api/v1/session',
      (nth) => ({
        headers: JSON_TYPE,
        body: JSON.stringify({ user: `n${nth}@example.org`, password: 'x'.repeat(900) }),
      }),
      [401, 429, 503],
    ),
  },
  withHttp('--set', 'mailbox_login.ini:lockout.never_bar=loopback'),
)

bombs(
  'HTTP after login',
  {
    '1 MB of {},{},{}': inside(
      15,
      '/api/v1/drafts',
      () => ({ headers: JSON_TYPE, body: `[${'{},'.repeat(340_000)}{}]` }),
      [413, 429],
    ),
    '1 MB of "a":{"a":{': inside(
      15,
      '/api/v1/drafts',
      () => ({ headers: JSON_TYPE, body: '{"a":'.repeat(200_000) }),
      [400, 429],
    ),
    '1 MB of escapes': inside(
      15,
      '/api/v1/drafts',
      () => ({ headers: JSON_TYPE, body: `{"to":"${'\\u0000'.repeat(150_000)}"}` }),
      [400, 429],
    ),
    'names of fields by the thousand': inside(
      15,
      '/api/v1/drafts',
      () => ({
        headers: JSON_TYPE,
        body: `{${Array.from({ length: 100_000 }, (_, nth) => `"${nth * 65_536}":0`).join()}}`,
      }),
      [413, 429],
    ),
    '12 forms of 30 MB that do not end': {
      async run(site) {
        const headers = { ...(await logIn(site)), ...form, 'content-length': String(31 * MEGABYTE) }
        const body = Buffer.alloc(30 * MEGABYTE, '--b\r\n')
        const all = Array.from({ length: 12 }, () => start(site, '/api/v1/send', { headers, body, open: true }))
        const first = await Promise.all(all.slice(1).map(answerOf))
        for (const reply of first) if (reply) assert.equal(reply.status, 429, reply.text)
        for (const asking of all) asking.destroy()
        await pause(200)
        await logIn(site)
      },
    },
    'a form of delimiters': inside(
      2,
      '/api/v1/drafts',
      () => ({
        headers: form,
        body: Buffer.concat([
          Buffer.from('--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n'),
          Buffer.alloc(30 * MEGABYTE, '\r\n--\r\n-'),
        ]),
      }),
      [400, 429],
    ),
    'a form whose boundary is nearly everywhere': inside(
      2,
      '/api/v1/drafts',
      () => ({
        headers: { 'content-type': `multipart/form-data; boundary=${'a'.repeat(70)}` },
        body: Buffer.concat([
          Buffer.from(`--${'a'.repeat(70)}\r\nContent-Disposition: form-data; name="message"\r\n\r\n`),
          Buffer.alloc(30 * MEGABYTE, 'a'),
        ]),
      }),
      [400, 429],
    ),
    'a form of 100,000 fields': inside(
      2,
      '/api/v1/drafts',
      () => ({
        headers: form,
        body: Buffer.concat([Buffer.alloc(5_300_000, '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n\r\n')]),
      }),
      [413, 400, 429],
    ),
    'files of 6 MB with a blind copy, five at once': {
      growth: BIG_MAIL_GROWTH,
      async run(site) {
        const message = JSON.stringify({
          to: 'nobody@example.org',
          bcc: 'bob@example.org',
          subject: 's',
          text: 't',
          attachments: [{ name: 'f', file: 'f' }],
        })
        const own = await logIn(site)
        const body = Buffer.concat([
          Buffer.from(
            `--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n${message}\r\n--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n`,
          ),
          Buffer.alloc(6 * MEGABYTE, 'x'),
          Buffer.from('\r\n--b--\r\n'),
        ])
        const all = await Promise.all(
          Array.from({ length: 5 }, () => ask(site, '/api/v1/drafts', { headers: { ...own, ...form }, body })),
        )
        for (const reply of all) if (reply) assert.ok([201, 429, 503].includes(reply.status), reply.text)
      },
    },
    '6,000 groups of no recipients': inside(
      20,
      '/api/v1/send',
      () => draft({ to: 'a:;'.repeat(6000), cc: 'a@b,'.repeat(4900), bcc: '<'.repeat(20_000) }),
      [422],
    ),
    'a recipient of brackets and quotes': inside(
      20,
      '/api/v1/send',
      () => draft({ to: '<'.repeat(20_000), cc: '"'.repeat(20_000), bcc: '('.repeat(20_000) }),
      [422],
    ),
    'a vCard whose end comes 80,000 times': inside(
      3,
      '/api/v1/contacts/import',
      () => ({
        headers: JSON_TYPE,
        body: JSON.stringify({ cards: 'EMAIL:a@b.c\n'.repeat(30_000) + 'END:\n'.repeat(80_000) }),
      }),
      [200],
    ),
    'a text of 900 KB of carriage returns': inside(
      5,
      '/api/v1/drafts',
      () => draft({ text: '\r'.repeat(450_000) }),
      [201, 429],
    ),
    'names of 200 files': inside(
      10,
      '/api/v1/drafts',
      () => ({
        headers: form,
        body: `--b\r\nContent-Disposition: form-data; name="message"\r\n\r\n${JSON.stringify({ to: '', subject: '', text: '', attachments: Array.from({ length: 200 }, () => ({ name: 'ä"\\'.repeat(100), file: 'f' })) })}\r\n--b\r\nContent-Disposition: form-data; name="f"\r\n\r\n\r\n--b--`,
      }),
      [201, 413, 429],
    ),
    'a list of messages to 10,000 people, with long subjects': {
      async prepare(site) {
        const alice = await site.imap()
        const to = 'someone@somewhere.example.net,\r\n '.repeat(10_000)
        const subject = '=?utf-8?b?YQ==?=\r\n '.repeat(10_000)
        const octets = Buffer.from(`To: ${to}a@b.example\r\nSubject: ${subject}x\r\n\r\nx`)
        for (let nth = 0; nth < 50; nth++) assert.match(await alice.append('INBOX', octets), /^OK/)
      },
      async run(site) {
        const own = await logIn(site)
        const reply = await ask(site, '/api/v1/mailboxes', { method: 'GET', headers: own })
        const [inbox] = JSON.parse(reply?.text ?? '').mailboxes
        const list = `/api/v1/mailboxes/${inbox.id}/messages?limit=200`
        for (const path of [list, `${list}&by=conversation`, list.replace('?limit=200', '/1')]) {
          const got = await ask(site, path, { method: 'GET', headers: own })
          assert.equal(got?.status, 200, got?.text.slice(0, 300))
          assert.ok(got.text.length < 500_000, `${path}: ${got.text.length}`)
        }
      },
    },
    '20,000 numbers of messages': {
      async run(site) {
        const own = await logIn(site)
        const reply = await ask(site, '/api/v1/mailboxes', { method: 'GET', headers: own })
        const [inbox] = JSON.parse(reply?.text ?? '').mailboxes
        const body = JSON.stringify({ uids: Array.from({ length: 20_000 }, (_, nth) => nth + 1), add: ['\\Seen'] })
        const all = Array.from({ length: 15 }, () =>
          ask(site, `/api/v1/mailboxes/${inbox.id}/flags`, { headers: { ...own, ...JSON_TYPE }, body }),
        )
        for (const answered of await Promise.all(all)) if (answered) assert.equal(answered.status, 200, answered.text)
      },
    },
  },
  withHttp(),
)
