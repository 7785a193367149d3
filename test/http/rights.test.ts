import assert from 'node:assert/strict'
import type { Account } from '../../lib/store/account'
import { ok } from '../../lib/terms/fault'
import { SCOPES, type Scope } from '../../lib/web/who/sessions'
import { totpAt } from '../../lib/web/who/totp'
import { type Document, documentOf } from './openapi'
import { client, message, openWeb, PASSWORD, type Web } from './web'

const SECRET = 'words that only mail:read may see'

/** The message comes from a list that can be left by one click. */
const LIST = `Authentication-Results: mail.example.org; dkim=pass
List-Unsubscribe: <https://list.example/>
List-Unsubscribe-Post: List-Unsubscribe=One-Click
`

/** What a request may do beside its answer. */
type Effect = 'reads' | 'writes' | 'sends'
const NEEDED: Readonly<Record<Effect, Scope>> = { reads: 'mail:read', writes: 'mail:write', sends: 'mail:send' }

interface Trial {
  readonly body?: object
  readonly query?: string
  /** all that it does; everything else is refused */
  readonly does: readonly Effect[]
}

describe('rights of tokens', () => {
  let web: Web
  let owner: Account
  let paths: Document['paths']
  let programs: ReadonlyMap<string, ReturnType<typeof client>>
  let inbox: string
  let drafts: string
  let place: { mailbox: string; uid: number }

  before(async () => {
    web = await openWeb({ http: { administrator: { totp: 'false' } } })
    owner = await web.account('rights@example.org')
    await web.deliver(owner, message(SECRET, SECRET, `Message-ID: <secret@x>\n${LIST}`))
    const browser = client(web.url)
    await browser.logIn('rights@example.org')
    const { mailboxes } = (await browser.get('mailboxes')).body
    const idOf = (role: string): string => mailboxes.find((one: { role: string }) => one.role === role).id
    inbox = idOf('inbox')
    drafts = idOf('drafts')
    place = { mailbox: inbox, uid: 1 }
    const made = new Map<string, ReturnType<typeof client>>()
    for (const scope of SCOPES) {
      if (scope === 'admin') continue
      const token = await browser.post('account/tokens', { label: scope, scopes: [scope], password: PASSWORD })
      assert.equal(token.status, 201)
      made.set(scope, client(web.url, { authorization: `Bearer ${token.body.token}` }))
    }
    programs = made
    paths = (await documentOf(web.url)).paths
  })
  after(() => web.close())

  const DRAFT = { to: 'a@b.example', subject: 's', text: 't' }
  const LOOKS = { html: '<p>t</p>', priority: 'high', receipt: true, from: { name: '', address: 'rights@example.org' } }
  /** Every operation on mail that a token may call; a new one fails the test until it stands here, with each of its fields. */
  const trials = (): Readonly<Record<string, readonly Trial[]>> => ({
    getMailboxes: [{ does: ['reads'] }],
    postMailboxes: [{ body: { name: 'made' }, does: ['writes'] }],
    patchMailboxesMailbox: [{ body: { name: 'renamed' }, does: ['writes'] }],
    deleteMailboxesMailbox: [{ does: ['writes'] }],
    getMailboxesMailboxMessages: [{ does: ['reads'] }, { query: 'query=words', does: ['reads'] }],
    getMessages: [{ query: 'query=words', does: ['reads'] }],
    getMailboxesMailboxUids: [{ does: ['reads'] }, { query: 'query=words', does: ['reads'] }],
    getMailboxesMailboxSummaries: [{ query: 'uids=1', does: ['reads'] }],
    getMailboxesMailboxMessagesUid: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidHtml: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidPartsPart: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidPartsPartMessage: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidPartsPartPdf: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidPartsPartInvitation: [{ does: ['reads'] }],
    postMailboxesMailboxMessagesUidPartsPartInvitation: [
      { body: { answer: 'accepted' }, does: ['reads', 'writes', 'sends'] },
    ],
    postMailboxesMailboxMessagesUidUnsubscribe: [{ does: ['sends'] }],
    getMailboxesMailboxMessagesUidFiles: [{ does: ['reads'] }],
    getMailboxesMailboxMessagesUidSource: [{ does: ['reads'] }, { query: 'first=100', does: ['reads'] }],
    postMailboxesMailboxFlags: [
      { body: { uids: [1], add: ['\\Flagged'] }, does: ['writes'] },
      { body: { uids: [1], remove: ['\\Flagged'] }, does: ['writes'] },
    ],
    postMailboxesMailboxCopy: [{ body: { uids: [1], to: drafts }, does: ['writes'] }],
    postMailboxesMailboxMove: [{ body: { uids: [99], to: drafts }, does: ['writes'] }],
    postMailboxesMailboxExpunge: [{ body: { uids: [99] }, does: ['writes'] }],
    getBin: [{ does: ['reads'] }, { query: 'find=words', does: ['reads'] }],
    postBinRestore: [
      { body: { ids: ['B1-99'] }, does: ['writes'] },
      { body: { all: true }, does: ['writes'] },
    ],
    postBinErase: [
      { body: { ids: ['B1-99'] }, does: ['writes'] },
      { body: { all: true }, does: ['writes'] },
    ],
    postDrafts: [
      { body: { ...DRAFT, inReplyTo: '<secret@x>', references: ['<secret@x>'] }, does: ['writes'] },
      { body: { ...DRAFT, replaces: place, answers: { ...place, how: 'reply' } }, does: ['writes'] },
      { body: { ...DRAFT, attachments: [{ name: 'x', ...place }] }, does: ['writes', 'reads'] },
      { body: { ...DRAFT, attachments: [{ name: 'x', ...place, part: '1', cid: 'c' }] }, does: ['writes', 'reads'] },
      { body: { ...DRAFT, ...LOOKS, id: 'written' }, does: ['writes'] },
    ],
    postSend: [
      { body: DRAFT, does: ['sends'] },
      { body: { ...DRAFT, inReplyTo: '<secret@x>', references: ['<secret@x>'] }, does: ['sends'] },
      { body: { ...DRAFT, attachments: [{ name: 'x', ...place }] }, does: ['sends', 'reads'] },
      { body: { ...DRAFT, attachments: [{ name: 'x', ...place, part: '1', cid: 'c' }] }, does: ['sends', 'reads'] },
      { body: { ...DRAFT, ...LOOKS, id: 'sent' }, does: ['sends'] },
      { body: { ...DRAFT, attachments: [{ name: 'y' }, { name: 'x', ...place }] }, does: ['sends', 'reads'] },
      { body: { ...DRAFT, replaces: place }, does: ['sends', 'writes'] },
      { body: { ...DRAFT, answers: { ...place, how: 'reply' } }, does: ['sends', 'writes'] },
    ],
    getEvents: [{ does: ['reads'] }],
    getPreferences: [{ does: ['reads'] }],
    putPreferences: [
      {
        body: {
          identities: [{ name: 'R', address: 'rights@example.org', signature: '' }],
          ...{ undo: 5, rich: false, receipts: 'ask', clock: '24' },
        },
        does: ['writes'],
      },
    ],
    getContacts: [{ does: ['reads'] }],
    postContacts: [{ body: { name: 'A', address: 'a@b.example' }, does: ['writes'] }],
    postContactsRemove: [{ body: { addresses: ['a@b.example'] }, does: ['writes'] }],
    postContactsImport: [{ body: { cards: '' }, does: ['writes'] }],
    getContactsExport: [{ does: ['reads'] }],
    getRules: [{ does: ['reads'] }],
    postMailboxesMailboxMessagesUidReceipt: [{ body: { send: true }, does: ['reads', 'writes', 'sends'] }],
  })

  /** All that mail:write alone may change: every mailbox but Sent, which gets a copy of what is sent. */
  async function state(): Promise<string> {
    const { mailboxes, subscriptions } = web.store
    const all = await mailboxes.list(owner.id)
    return JSON.stringify([
      all.filter(({ specialUse }) => !specialUse.includes('\\Sent')).map((one) => [one.name, one.highestModSeq]),
      await subscriptions.list(owner.id),
    ])
  }

  /** Fields of the description that no trial has. */
  function untried(schema: unknown, bodies: readonly unknown[], at = ''): readonly string[] {
    if (typeof schema !== 'object' || schema === null) return []
    if ('items' in schema) return untried(schema.items, bodies.flat(), at)
    if (!('properties' in schema) || typeof schema.properties !== 'object' || schema.properties === null) return []
    return Object.entries(schema.properties).flatMap(([name, inner]) => {
      const found = bodies.flatMap((body) => {
        const value = typeof body === 'object' && body !== null ? new Map(Object.entries(body)).get(name) : undefined
        return value === undefined ? [] : [value]
      })
      return found.length === 0 ? [`${at}${name}`] : untried(inner, found, `${at}${name}.`)
    })
  }
  /** Words for people, and a file that comes with the request. */
  const HARMLESS = new Set(['cc', 'bcc', 'attachments.type', 'attachments.file'])

  it('every operation is tried with every scope: it reads, writes and sends what its scopes say, and nothing else', async () => {
    let checked = 0
    for (const [path, methods] of Object.entries(paths)) {
      for (const [method, operation] of Object.entries(methods)) {
        const { operationId, 'x-scope': scope } = operation
        if (scope === 'public' || scope === 'session' || scope === 'admin') continue
        const own = trials()[operationId]
        assert.ok(own, `${operationId} is not classified`)
        const schema = operation.requestBody?.content['application/json']?.schema
        const bodies = own.map(({ body }) => body ?? {})
        const left = untried(schema, bodies).filter((field) => !HARMLESS.has(field))
        assert.deepEqual(left, [], `${operationId}: fields that are not classified`)
        for (const { body, query = '', does } of own) {
          for (const [name, program] of programs) {
            const before = await state()
            const sent = web.sent.length
            const asked = web.asked.length
            const [first = ''] = does
            const filled = path
              .slice(1)
              .replace('{mailbox}', method === 'patch' || method === 'delete' ? 'nope' : inbox)
              .replace(/\{\w+\}/g, '1')
            const what = `${name}: ${method} ${path} ${JSON.stringify(body)}`
            if (operationId === 'getEvents' && name === NEEDED.reads) continue
            const reply = await program.ask(method.toUpperCase(), `${filled}?${query}`, body)
            const may = does.every((effect) => NEEDED[effect] === name)
            assert.equal(reply.status === 403 && reply.body.error === 'scope', !may, `${what}: ${reply.status}`)
            assert.equal(reply.headers.get('cache-control'), 'no-store')
            const wire = [...web.sent.slice(sent).map(({ bytes }) => bytes.toString()), ...web.asked.slice(asked)]
            const told = JSON.stringify([reply.body, wire])
            if (name !== NEEDED.reads) assert.ok(!told.includes(SECRET), `${what}: told`)
            if (name !== NEEDED.writes) assert.equal(await state(), before, `${what}: written`)
            if (name !== NEEDED.sends) assert.deepEqual(wire, [], `${what}: sent`)
            if (may && first === 'sends') assert.equal(wire.length, 1, what)
            checked++
          }
        }
      }
    }
    assert.ok(checked > 100, String(checked))
  })

  it('what several scopes allow together is done', async () => {
    const browser = client(web.url)
    await browser.logIn('rights@example.org')
    const scopes = ['mail:read', 'mail:send', 'mail:write']
    const { body } = await browser.post('account/tokens', { label: 'all', scopes, password: PASSWORD })
    const program = client(web.url, { authorization: `Bearer ${body.token}` })
    const attachments = [{ name: 'x', ...place }]
    const reply = await program.post('send', { ...DRAFT, attachments, answers: { ...place, how: 'reply' } })
    assert.equal(reply.status, 200)
    assert.ok(web.sent.at(-1)?.bytes.includes(SECRET))
  })

  it('an account has at most 50 tokens and 50 app passwords', async () => {
    await web.account('many@example.org')
    const browser = client(web.url)
    await browser.logIn('many@example.org')
    const make = (what: string, more: object) =>
      browser.post(`account/${what}`, { label: 'x', password: PASSWORD, ...more })
    for (const [what, more] of [
      ['tokens', { scopes: ['mail:read'] }],
      ['app-passwords', {}],
    ] as const) {
      for (let nth = 0; nth < 50; nth++) assert.equal((await make(what, more)).status, 201)
      const refused = await make(what, more)
      assert.deepEqual([refused.status, refused.body.error], [409, 'limit'])
      assert.match(refused.body.message, /an account has at most 50/)
    }
  })

  describe('live updates', () => {
    async function stream(browser: ReturnType<typeof client>) {
      const ended = new AbortController()
      const headers = { cookie: browser.cookie() }
      const response = await fetch(`${web.url}/api/v1/events`, { headers, signal: ended.signal })
      const reader = response.body?.getReader()
      let text = ''
      return {
        status: response.status,
        stop: () => ended.abort(),
        async until(pattern: RegExp): Promise<void> {
          while (!pattern.test(text)) {
            const read = await reader?.read()
            if (!read || read.done) assert.fail(`the stream ended: ${text}`)
            text += Buffer.from(read.value).toString()
          }
        },
        /** All that it said until the server ended it. */
        async end(): Promise<string> {
          for (;;) {
            const read = await reader?.read()
            if (!read || read.done) return text
            text += Buffer.from(read.value).toString()
          }
        },
      }
    }
    async function entered(name: string) {
      const own = await openWeb({ http: { administrator: { totp: 'false', enter_mailboxes: 'true' } } })
      await web.close()
      web = own
      const admin = await web.account(name, { admin: true })
      const visited = await web.account('visited@example.org')
      const browser = client(web.url)
      await browser.logIn(name)
      assert.equal((await browser.post(`admin/accounts/${visited.id}/enter`)).status, 200)
      return { admin, visited, browser }
    }

    it('a demoted administrator hears no more of a mailbox that was entered', async () => {
      const { admin, visited, browser } = await entered('demoted@example.org')
      const hearing = await stream(browser)
      await hearing.until(/hello/)
      await web.room.accounts.update(admin.id, () => ok({ admin: false }))
      await web.deliver(visited, message('private'))
      assert.doesNotMatch(await hearing.end(), /event: mailbox/)
      assert.equal((await stream(browser)).status, 404)
      assert.equal((await browser.get('mailboxes')).status, 404)
    })
    it('after a mailbox was left the stream ends, and the next one is of the own mail', async () => {
      const { admin, visited, browser } = await entered('left@example.org')
      const hearing = await stream(browser)
      await hearing.until(/hello/)
      await web.deliver(visited, message('one'))
      await hearing.until(/event: mailbox/)
      await browser.ask('DELETE', 'admin/entered')
      await hearing.end()
      const own = await stream(browser)
      await own.until(/hello/)
      await web.deliver(admin, message('mine'))
      await own.until(/event: mailbox/)
      own.stop()
    })
    it('an administrator who is demoted by another hears at once that it is over', async () => {
      const { admin, browser } = await entered('demoted-by-another@example.org')
      const hearing = await stream(browser)
      await hearing.until(/hello/)
      await web.account('other@example.org', { admin: true })
      const other = client(web.url)
      await other.logIn('other@example.org')
      assert.equal((await other.ask('PATCH', `admin/accounts/${admin.id}`, { administrator: false })).status, 200)
      assert.match(await hearing.end(), /event: lost/)
      assert.equal((await browser.get('mailboxes')).status, 401)
    })
    for (const [what, end] of [
      ['a session that ended', (browser: ReturnType<typeof client>) => browser.ask('DELETE', 'sessions')],
      [
        'an account that was disabled',
        (_browser: unknown, { id }: Account) => web.room.accounts.update(id, () => ok({ disabled: true })),
      ],
    ] as const) {
      it(`${what} hears no more`, async () => {
        const account = await web.account(`${what.replaceAll(' ', '-')}@example.org`)
        const browser = client(web.url)
        await browser.logIn(account.name)
        const hearing = await stream(browser)
        await hearing.until(/hello/)
        await end(browser, account)
        await web.deliver(account, message('news'))
        const said = await hearing.end()
        assert.doesNotMatch(said, /event: mailbox/)
        assert.match(said, /event: lost/)
      })
    }
  })

  it('a session of two factors is no weaker than its code: one code opens once, whoever shows it at once', async () => {
    await web.account('code@example.org')
    const browser = client(web.url)
    await browser.logIn('code@example.org')
    const { secret } = (await browser.post('account/totp/offer')).body
    const at = (): string => totpAt(secret, Math.floor(web.clock.now() / 30_000))
    const first = at()
    const [one, two] = await Promise.all(
      [0, 1].map(() => browser.post('account/totp', { secret, code: first, password: PASSWORD })),
    )
    const [on, refused = 0] = [one?.status, two?.status].sort()
    assert.equal(on, 200)
    // The code was used, or the second factor is on already: whichever is looked at first.
    assert.ok([403, 409].includes(refused), String(refused))
    web.clock.pass(60_000)
    const code = at()
    const tries = await Promise.all(
      Array.from({ length: 6 }, (_, nth) => client(nth % 2 ? web.url : web.other).logIn('code@example.org', { code })),
    )
    assert.equal(tries.filter(({ status }) => status === 200).length, 1)
  })
})
