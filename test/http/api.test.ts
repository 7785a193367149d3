import assert from 'node:assert/strict'
import { hashPassword, setPassword } from '../../lib/login/passwords'
import { settingCredentials } from '../../lib/store/account'
import { ok } from '../../lib/terms/fault'
import { SCOPES } from '../../lib/web/who/sessions'
import { totpAt } from '../../lib/web/who/totp'
import { answered, documentOf } from './openapi'
import { client, form, message, openWeb, PASSWORD, type Web } from './web'

const stepOf = (web: Web): number => Math.floor(web.clock.now() / 30_000)
const untilReleased = async (web: Web, account: string): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if ((await web.locks.list(account)).length === 0) return
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.fail('the lock is still held')
}

const untilLoggedOut = async (browser: ReturnType<typeof client>): Promise<void> => {
  for (let tries = 0; tries < 100; tries++) {
    if ((await browser.get('session')).status === 401) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  assert.fail('the session goes on')
}

describe('HTTP', () => {
  let web: Web
  before(async () => {
    web = await openWeb({ http: { administrator: { enter_mailboxes: 'true' } } })
  })
  after(() => web.close())
  afterEach(() =>
    assert.deepEqual(
      web.errors.filter((line) => line.includes('error ')),
      [],
    ),
  )

  describe('login and sessions', () => {
    it('answers everything that is wrong with a login by the same bytes', async () => {
      await web.account('same@example.org')
      await web.account('off@example.org', { disabled: true })
      await web.account('nohttp@example.org', { protocols: ['imap'] })
      const bodies = new Set<string>()
      for (const [user, password] of [
        ['same@example.org', 'wrong'],
        ['nobody@example.org', PASSWORD],
        ['off@example.org', PASSWORD],
        ['nohttp@example.org', PASSWORD],
      ]) {
        const reply = await client(web.url).post('session', { user, password })
        assert.equal(reply.status, 401)
        assert.equal(reply.headers.get('set-cookie'), null)
        bodies.add(JSON.stringify(reply.body))
      }
      assert.equal(bodies.size, 1)
    })
    it('sets a cookie that scripts and other sites cannot use', async () => {
      await web.account('cookie@example.org')
      const reply = await client(web.url).logIn('cookie@example.org')
      assert.match(reply.headers.get('set-cookie') ?? '', /^mailbox=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/)
    })
    it('works in every process, and log out everywhere ends it in all', async () => {
      const account = await web.account('workers@example.org')
      const browser = client(web.url)
      await browser.logIn('workers@example.org')
      assert.equal((await browser.get('mailboxes')).status, 200)
      assert.equal((await browser.get('mailboxes', { at: web.other })).status, 200)
      assert.equal((await web.locks.list(account.id))[0]?.holders.length, 2)
      const second = client(web.url)
      await second.logIn('workers@example.org')
      assert.equal((await second.ask('DELETE', 'sessions')).status, 200)
      assert.equal((await browser.get('session', { at: web.other })).status, 401)
      await untilReleased(web, account.id)
    })
    it('refuses changes without the token, and requests from other sites', async () => {
      await web.account('csrf@example.org')
      const browser = client(web.url)
      await browser.logIn('csrf@example.org')
      const bare = await browser.post('mailboxes', { name: 'x' }, { 'x-csrf-token': 'wrong' })
      assert.deepEqual([bare.status, bare.body.error], [403, 'csrf'])
      const cross = await browser.get('mailboxes', { 'sec-fetch-site': 'cross-site' })
      assert.deepEqual([cross.status, cross.body.error], [403, 'cross-site'])
      assert.equal((await browser.post('mailboxes', { name: 'x' }, { 'sec-fetch-site': 'same-origin' })).status, 201)
    })
    it('ends after the idle time, which live updates do not stretch, and after the longest time', async () => {
      const own = await openWeb({ http: { session: { idle: '10min', absolute: '1h', lock_idle: '5min' } } })
      try {
        const account = await own.account('idle@example.org')
        const browser = client(own.url)
        await browser.logIn('idle@example.org')
        assert.equal((await browser.get('mailboxes')).status, 200)
        own.clock.pass(6 * 60_000)
        await untilReleased(own, account.id)
        const paused = await browser.get('mailboxes', { 'x-background': '1' })
        assert.deepEqual([paused.status, paused.body.error], [423, 'paused'])
        assert.equal((await own.locks.list(account.id)).length, 0)
        assert.equal((await browser.get('mailboxes')).status, 200)
        own.clock.pass(9 * 60_000)
        await browser.get('session', { 'x-background': '1' })
        own.clock.pass(2 * 60_000)
        assert.equal((await browser.get('session')).status, 401)

        await browser.logIn('idle@example.org')
        for (let minutes = 0; minutes < 60; minutes += 5) {
          own.clock.pass(5 * 60_000)
          assert.equal((await browser.get('session')).status, 200)
        }
        own.clock.pass(1000)
        assert.equal((await browser.get('session')).status, 401)
      } finally {
        await own.close()
      }
    })
    it('is over at once when the account is disabled', async () => {
      const account = await web.account('gone@example.org')
      const browser = client(web.url)
      await browser.logIn('gone@example.org')
      await web.room.accounts.update(account.id, () => ok({ disabled: true }))
      assert.equal((await browser.get('mailboxes')).status, 401)
    })
    it('ends at the next request after another password, in every process; the one that changed it goes on', async () => {
      const account = await web.account('epoch@example.org')
      const [browser, second] = [client(web.url), client(web.url)]
      await browser.logIn('epoch@example.org')
      await second.logIn('epoch@example.org')
      const made = await second.post('account/tokens', { label: 't', scopes: ['mail:read'], password: PASSWORD })
      const program = client(web.other, { authorization: `Bearer ${made.body.token}` })
      assert.equal((await program.get('mailboxes')).status, 200)
      const next = 'another horse'
      assert.equal((await browser.post('account/password', { password: PASSWORD, next })).status, 200)
      assert.equal((await browser.get('mailboxes', { at: web.other })).status, 200)
      assert.equal((await second.get('session', { at: web.other })).status, 401)
      assert.equal((await program.get('mailboxes')).status, 401)
      // As the command line does it, or another host.
      await web.room.accounts.update(account.id, settingCredentials(await setPassword('by the operator')))
      assert.equal((await browser.get('mailboxes')).status, 401)
      await untilReleased(web, account.id)
    })
    it('goes on when the same password is hashed anew', async () => {
      const account = await web.account('rehash@example.org')
      const browser = client(web.url)
      await browser.logIn('rehash@example.org')
      await web.room.accounts.update(account.id, settingCredentials(await hashPassword(PASSWORD)))
      assert.equal((await browser.get('session')).status, 200)
    })
    it('gives the lock back by itself when the account is closed, and ends with its app password', async () => {
      const account = await web.account('app@example.org')
      const owner = client(web.url)
      await owner.logIn('app@example.org')
      const app = (await owner.post('account/app-passwords', { label: 'a', protocols: ['http'], password: PASSWORD }))
        .body
      const browser = client(web.url)
      assert.equal((await browser.logIn('app@example.org', { password: app.password })).status, 200)
      const change = { password: app.password, next: 'taken over now' }
      assert.equal((await browser.post('account/password', change)).status, 403, 'an app password is no owner')
      assert.equal((await browser.get('mailboxes')).status, 200)
      await owner.ask('DELETE', `account/app-passwords/${app.id}`)
      assert.equal((await browser.get('mailboxes')).status, 401)
      assert.equal((await owner.get('mailboxes')).status, 200)
      await web.room.accounts.update(account.id, () => ok({ disabled: true }))
      await untilReleased(web, account.id)
    })
    it('takes a recovery code instead of a code, each once; new ones replace the old', async () => {
      await web.account('lost@example.org')
      const browser = client(web.url)
      await browser.logIn('lost@example.org')
      const { secret, qr } = (await browser.post('account/totp/offer')).body
      assert.ok(qr.length >= 21 && qr.every((row: string) => row.length === qr.length && /^[01]+$/.test(row)))
      const code = (): string => totpAt(secret, stepOf(web))
      const on = await browser.post('account/totp', { secret, code: code(), password: PASSWORD })
      const [first, second, third] = on.body.recoveryCodes
      assert.equal(new Set(on.body.recoveryCodes).size, 10)
      const enter = async (given: string) => (await client(web.url).logIn('lost@example.org', { code: given })).status
      assert.equal(await enter(first), 200)
      assert.equal(await enter(first), 401)
      assert.equal(await enter(second.replace('-', '')), 200)
      const stored = JSON.stringify(await web.room.accounts.find('lost@example.org'))
      assert.ok(!stored.includes(third) && !stored.includes(third.replace('-', '')))
      web.clock.pass(60_000)
      const fresh = await browser.post('account/totp/recovery-codes', { password: PASSWORD, code: code() })
      assert.equal(await enter(third), 401)
      assert.equal(await enter(fresh.body.recoveryCodes[0]), 200)
    })
    it('counts wrong codes and wrong tokens like wrong passwords', async () => {
      const own = await openWeb({ login: { main: { trusted_proxies: '127.0.0.1', cleartext_from: '0.0.0.0/0' } } })
      try {
        const from = (address: string, more = {}) => client(own.url, { 'x-forwarded-for': address, ...more })
        const account = await own.account('counted@example.org')
        const secret = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
        const { credentials } = account
        const browser = from('192.0.2.1')
        await browser.logIn('counted@example.org')
        const made = await browser.post('account/tokens', { label: 't', scopes: ['mail:read'], password: PASSWORD })
        const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
        await own.room.accounts.update(account.id, () => ok({ credentials: { ...credentials, totp: secret } }))
        for (let tries = 0; tries < 40; tries++) {
          const reply = await from('198.51.100.7').logIn('counted@example.org', { code: String(100_000 + tries) })
          assert.equal(reply.status, 401)
          assert.deepEqual(reply.body, { error: 'unauthorized', message: 'Authentication failed.' })
        }
        assert.ok((await own.attempts.list(own.clock.now())).some(({ subject }) => subject.includes('198.51.100.7')))
        const reasons = async (): Promise<Set<string>> =>
          new Set((await own.attempts.trail({ limit: 500 })).map(({ reason }) => reason))
        assert.ok((await reasons()).has('wrong-code'))
        // Who is barred does not even hear that a code is wanted.
        assert.equal((await from('198.51.100.7').logIn('counted@example.org')).body.error, 'unauthorized')

        assert.equal((await from('192.0.2.9', bearer(made.body.token)).get('mailboxes')).status, 200)
        for (let tries = 0; tries < 200; tries++) await from('192.0.2.9', bearer(`guess${tries}`)).get('mailboxes')
        assert.ok((await reasons()).has('wrong-token'))
        assert.equal((await from('192.0.2.9', bearer(made.body.token)).get('mailboxes')).status, 401)
        assert.equal((await from('203.0.113.9', bearer(made.body.token)).get('mailboxes')).status, 200)
      } finally {
        await own.close()
      }
    })
    it('what is no code is a wrong code: 401, the same for a right and a wrong password, and counted', async () => {
      const own = await openWeb({ login: { main: { trusted_proxies: '127.0.0.1', cleartext_from: '0.0.0.0/0' } } })
      try {
        const { id } = await own.account('codes@example.org')
        const totp = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'
        await own.room.accounts.update(id, settingCredentials({ totp, recoveryCodes: [] }))
        const codes = [
          'é23456',
          '１２３４５６',
          '1234567',
          ' ',
          '\u0000',
          '9'.repeat(1000),
          '１2345-67890',
          '123456-78901',
        ]
        for (const [n, code] of codes.entries()) {
          const browser = client(own.url, { 'x-forwarded-for': `198.51.${n}.7` })
          const replies = []
          for (const more of [{ code }, { code, password: 'no' }]) {
            const { status, body } = await browser.logIn('codes@example.org', more)
            replies.push({ status, body })
          }
          assert.equal(replies[0]?.status, 401, code.slice(0, 20))
          assert.deepEqual(replies[0], replies[1])
          const [account] = await own.attempts.buckets({ user: 'codes@example.org', address: `198.51.${n}.7` })
          assert.equal(account?.failures.length, 2, code.slice(0, 20))
        }
      } finally {
        await own.close()
      }
    })
    it('takes passwords over TLS only, and believes a front-end that is named only', async () => {
      const own = await openWeb({ login: { main: { cleartext_from: 'none', trusted_proxies: '127.0.0.1' } } })
      try {
        await own.account('tls@example.org')
        const proxied = { 'x-forwarded-for': '192.0.2.9', 'x-forwarded-proto': 'https' }
        const reply = await client(own.url, proxied).logIn('tls@example.org')
        assert.match(reply.headers.get('set-cookie') ?? '', /^__Host-mailbox=.*; Secure$/)
        const clear = await client(own.url, { ...proxied, 'x-forwarded-proto': 'http' }).logIn('tls@example.org')
        assert.deepEqual([clear.status, clear.body.error], [403, 'tls-required'])
      } finally {
        await own.close()
      }
    })
    it('asks for the second factor, takes a code once, and bars after five wrong ones', async () => {
      await web.account('factor@example.org')
      const browser = client(web.url)
      await browser.logIn('factor@example.org')
      const { secret } = (await browser.post('account/totp/offer')).body
      const code = (): string => totpAt(secret, stepOf(web))
      const wrong = await browser.post('account/totp', { secret, code: '000000', password: PASSWORD })
      assert.equal(wrong.status, 422)
      assert.equal((await browser.post('account/totp', { secret, code: code(), password: 'no' })).status, 403)
      assert.equal((await browser.post('account/totp', { secret, code: code(), password: PASSWORD })).status, 200)

      const fresh = client(web.url)
      assert.equal((await fresh.logIn('factor@example.org')).body.error, 'code-required')
      const again = await fresh.logIn('factor@example.org', { code: code() })
      const wrongPassword = await fresh.logIn('factor@example.org', { password: 'no', code: code() })
      assert.deepEqual([again.status, again.body], [wrongPassword.status, wrongPassword.body])
      assert.equal(again.status, 401)
      web.clock.pass(60_000)
      assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 200)
      web.clock.pass(60_000)
      for (let tries = 0; tries < 5; tries++) await fresh.logIn('factor@example.org', { code: '000000' })
      assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 401)
      web.clock.pass(16 * 60_000)
      assert.equal((await fresh.logIn('factor@example.org', { code: code() })).status, 200)
    })
  })

  describe('the mailbox lock', () => {
    it('is refused with 423 and who is in, and the owner can end that session', async () => {
      const account = await web.account('locked@example.org')
      const mail = web.room.account({ id: account.id, name: account.name, overrides: {}, admin: false })
      const pop3 = await mail.openMaildrop({ protocol: 'pop3', address: '192.0.2.4' }, {})
      assert.ok(pop3.ok && 'lease' in pop3.value)
      const browser = client(web.url)
      await browser.logIn('locked@example.org')
      const refused = await browser.get('mailboxes')
      assert.equal(refused.status, 423)
      assert.equal(refused.body.holder.protocol, 'pop3')
      assert.equal(typeof refused.body.holder.since, 'number')
      assert.equal(refused.body.holder.address, undefined, 'tell_holder = protocol')
      assert.equal((await browser.ask('DELETE', `locks/${refused.body.holder.id}`)).body.ended, 1)
      assert.equal(pop3.value.lease.lost.aborted, true)
      await pop3.value.close()
      assert.equal((await browser.get('mailboxes')).status, 200)
    })
    it('keeps POP3 out while a session is active; a kick ends the session', async () => {
      const account = await web.account('kicked@example.org')
      const mail = web.room.account({ id: account.id, name: account.name, overrides: {}, admin: false })
      const browser = client(web.url)
      await browser.logIn('kicked@example.org')
      await browser.get('mailboxes')
      const entry = { protocol: 'pop3', address: '192.0.2.4' } as const
      const gone = new AbortController()
      const waiting = mail.openMaildrop(entry, {}, gone.signal)
      const [held] = (await web.locks.list(account.id))[0]?.holders ?? []
      assert.deepEqual([held?.protocol, held?.access], ['webmail', 'shared'])
      gone.abort()
      assert.equal((await waiting).ok, false)
      await web.locks.kick(account.id)
      await untilLoggedOut(browser)
    })
  })

  describe('mail', () => {
    it('lists, groups, searches, reads, marks and moves, with what undo needs', async () => {
      const account = await web.account('mail@example.org')
      await web.deliver(
        account,
        message('=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'first', 'Message-ID: <1@x>\n'),
        message('Other'),
        message(
          'Re: =?utf-8?q?Gr=C3=BC=C3=9Fe?=',
          'second',
          'Message-ID: <2@x>\nIn-Reply-To: <1@x>\nReferences: <1@x>\n',
        ),
      )
      const browser = client(web.url)
      await browser.logIn('mail@example.org')
      const { mailboxes } = (await browser.get('mailboxes')).body
      const idOf = (role: string): string => mailboxes.find((one: { role: string }) => one.role === role).id
      const inbox = `mailboxes/${idOf('inbox')}`
      assert.deepEqual([mailboxes[0].messages, mailboxes[0].unread], [3, 3])

      const flat = (await browser.get(`${inbox}/messages`)).body
      assert.deepEqual(
        flat.messages.map((one: { subject: string }) => one.subject),
        ['Re: Grüße', 'Other', 'Grüße'],
      )
      assert.deepEqual(flat.messages[0].from, [{ name: 'Ann', address: 'ann@example.net' }])
      const page = (await browser.get(`${inbox}/messages?offset=1&limit=1`)).body
      assert.deepEqual([page.total, page.messages.length, page.messages[0].subject], [3, 1, 'Other'])
      const grouped = (await browser.get(`${inbox}/messages?by=conversation`)).body
      assert.deepEqual(
        grouped.messages.map((one: { conversation: unknown }) => one.conversation),
        [
          { uids: [1, 3], unread: 2 },
          { uids: [2], unread: 1 },
        ],
      )
      const search = async (query: string): Promise<number[]> =>
        (await browser.get(`${inbox}/messages?query=${encodeURIComponent(query)}`)).body.messages.map(
          (one: { uid: number }) => one.uid,
        )
      assert.deepEqual(await search('GRÜSSE second'), [])
      assert.deepEqual(await search('grüße second'), [3])
      assert.deepEqual(await search('from:ann -subject:other'), [3, 1])
      assert.deepEqual(await search('is:read'), [])
      assert.deepEqual(await search('has:attachment'), [])
      const asked = async (query: string) =>
        (await browser.get(`${inbox}/messages?query=${encodeURIComponent(query)}`)).body
      const odd = await asked('colour:red')
      assert.deepEqual([odd.total, odd.notes.length, odd.mailbox], [0, 1, idOf('inbox')])
      const elsewhere = await asked('in:trash grüße')
      assert.deepEqual([elsewhere.total, elsewhere.notes, elsewhere.mailbox], [0, [], idOf('trash')])
      assert.deepEqual((await asked('in:nowhere')).notes, ['There is no mailbox "nowhere".'])

      const read = (await browser.get(`${inbox}/messages/3`)).body
      assert.deepEqual([read.subject, read.text.trim(), read.hasHtml], ['Re: Grüße', 'second', false])
      await browser.post(`${inbox}/flags`, { uids: [1, 3], add: ['\\Seen'] })
      assert.deepEqual(await search('is:read'), [3, 1])

      const moved = (await browser.post(`${inbox}/move`, { uids: [1, 3], to: idOf('trash') })).body
      assert.deepEqual([moved.source, (await browser.get(`${inbox}/messages`)).body.total], [[1, 3], 1])
      const back = await browser.post(`mailboxes/${moved.mailbox}/move`, { uids: moved.destination, to: idOf('inbox') })
      assert.equal(back.status, 200)
      assert.equal((await browser.get(`${inbox}/messages`)).body.total, 3)
      await browser.post(`${inbox}/expunge`, { uids: back.body.destination })
      assert.equal((await browser.get(`${inbox}/messages`)).body.total, 1)
    })
    it('gives files to be saved only, under a name that is safe', async () => {
      const account = await web.account('files@example.org')
      await web.deliver(
        account,
        'From: a@b.example\nSubject: f\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nhi\n--b\nContent-Type: text/html\nContent-Disposition: attachment; filename="../../evil\u202e.html"\nContent-Transfer-Encoding: base64\n\nPHNjcmlwdD4=\n--b--\n',
      )
      const browser = client(web.url)
      await browser.logIn('files@example.org')
      const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}`
      const { attachments } = (await browser.get(`${inbox}/messages/1`)).body
      assert.deepEqual(
        attachments.map((one: { name: string }) => one.name),
        ['evil.html'],
      )
      const file = await browser.get(`${inbox}/messages/1/parts/2`)
      assert.equal(file.body, '<script>')
      assert.match(file.headers.get('content-disposition') ?? '', /^attachment; filename="evil\.html"/)
      assert.match(file.headers.get('content-security-policy') ?? '', /^sandbox;/)
      assert.equal(file.headers.get('x-content-type-options'), 'nosniff')
      assert.equal((await browser.get(`${inbox}/messages/1/parts/9`)).status, 404)
      assert.equal((await browser.get(`${inbox}/messages/77`)).status, 404)
    })
    it('refuses to send what has a recipient that is no address, whoever else is one', async () => {
      await web.account('typo@example.org')
      const browser = client(web.url)
      await browser.logIn('typo@example.org')
      const before = web.sent.length
      for (const [to, cc, wrong] of [
        ['ann@example.net, bob', '', 'bob'],
        ['Ann <ann@example.net>', 'Bob Builder', 'Bob Builder'],
      ]) {
        const reply = await browser.post('send', { to, cc, subject: 's', text: 't' })
        assert.deepEqual([reply.status, reply.body.message], [422, `“${wrong}” is not an address.`])
      }
      assert.equal((await browser.post('send', { to: '', subject: 's', text: 't' })).body.error, 'no-recipient')
      assert.equal(web.sent.length, before)
      const good = { to: '"Lee, Ann" <ann@example.net>; bob@example.net', subject: 's', text: 't' }
      assert.equal((await browser.post('send', good)).body.recipients, 2)
    })
    it('forwards a message as a file, whole and as it came', async () => {
      const account = await web.account('whole@example.org')
      await web.deliver(
        account,
        message('=?utf-8?q?Gr=C3=BC=C3=9Fe?=', 'bödy', 'X-Odd: kept\nContent-Type: text/plain; charset=utf-8\n'),
      )
      const browser = client(web.url)
      await browser.logIn('whole@example.org')
      const inbox = (await browser.get('mailboxes')).body.mailboxes[0].id
      const source = (await browser.get(`mailboxes/${inbox}/messages/1/source`)).body
      const attachments = [{ name: 'Grüße.eml', mailbox: inbox, uid: 1 }]
      const draft = { to: 'ann@example.net', subject: 'Fwd', text: 'see', attachments }
      const saved = (await browser.post('drafts', draft)).body
      const place = `mailboxes/${saved.mailbox}/messages/${saved.uid}`
      const [file] = (await browser.get(place)).body.attachments
      assert.deepEqual([file.name, file.type], ['Grüße.eml', 'message/rfc822'])
      assert.equal((await browser.get(`${place}/parts/${file.part}`)).body.trimEnd(), source.trimEnd())
      // Sent from the saved draft, as the compose window does.
      const again = [{ name: file.name, ...saved, part: file.part }]
      await browser.post('send', { ...draft, attachments: again, replaces: saved })
      assert.ok(web.sent.at(-1)?.bytes.toString().includes(source.trimEnd()))
    })
    it('lets a session administer as soon as its account may, and no longer', async () => {
      const account = await web.account('promoted@example.org')
      const browser = client(web.url)
      await browser.logIn('promoted@example.org')
      assert.equal((await browser.get('admin/overview')).body.error, 'scope')
      await web.room.accounts.update(account.id, () => ok({ admin: true }))
      assert.equal((await browser.get('admin/overview')).body.error, 'totp-required')
      await web.room.accounts.update(account.id, () => ok({ admin: false }))
      assert.equal((await browser.get('admin/overview')).body.error, 'scope')
    })
    it('saves drafts in place, and sends: no Bcc on the way, Bcc in Sent, the draft gone, the answer marked', async () => {
      const account = await web.account('writer@example.org')
      await web.deliver(account, message('Question', 'why?', 'Message-ID: <q@x>\n'))
      const browser = client(web.url)
      await browser.logIn('writer@example.org')
      const { mailboxes } = (await browser.get('mailboxes')).body
      const idOf = (role: string): string => mailboxes.find((one: { role: string }) => one.role === role).id
      const total = async (role: string): Promise<number> =>
        (await browser.get(`mailboxes/${idOf(role)}/messages`)).body.total
      const draft = {
        to: 'Ann <ann@example.net>',
        bcc: 'secret@example.net',
        subject: 'Grüße\r\nX-Evil: 1',
        text: 'one',
      }
      const attachments = [{ name: 'ä.txt', type: 'text/plain', file: 'one' }]
      const saved = (await browser.post('drafts', form({ ...draft, attachments }, { one: 'in the file' }))).body
      const { uid, mailbox } = saved
      const again = await browser.post('drafts', {
        ...draft,
        text: 'two',
        attachments: [{ name: 'ä.txt', mailbox, uid, part: '2' }],
        replaces: saved,
      })
      assert.equal(await total('drafts'), 1)
      const reply = await browser.post('send', {
        ...draft,
        text: 'three',
        attachments: [{ name: 'ä.txt', ...again.body, part: '2' }],
        replaces: again.body,
        answers: { mailbox: idOf('inbox'), uid: 1, how: 'reply' },
      })
      assert.deepEqual([reply.status, reply.body.recipients], [200, 2])
      const [out] = web.sent.slice(-1)
      assert.deepEqual([out?.from, out?.to], ['writer@example.org', ['ann@example.net', 'secret@example.net']])
      const wire = out?.bytes.toString() ?? ''
      assert.doesNotMatch(wire, /secret@|^X-Evil/m)
      assert.match(wire, /^From: writer@example\.org\r$/m)
      const [sent] = (await browser.get(`mailboxes/${idOf('sent')}/messages`)).body.messages
      const copy = (await browser.get(`mailboxes/${idOf('sent')}/messages/${sent.uid}`)).body
      assert.deepEqual(
        copy.bcc.map((one: { address: string }) => one.address),
        ['secret@example.net'],
      )
      assert.equal((await browser.get(`mailboxes/${idOf('sent')}/messages/${sent.uid}/parts/2`)).body, 'in the file')
      assert.equal(await total('drafts'), 0)
      const [question] = (await browser.get(`mailboxes/${idOf('inbox')}/messages`)).body.messages
      assert.deepEqual(question.flags, ['\\Answered'])
      const refused = await browser.post('send', { ...draft, to: 'refused@example.org' })
      assert.deepEqual([refused.status, refused.body.error], [422, 'not-sent'])
      assert.equal((await browser.post('send', { to: '', subject: '', text: '' })).body.error, 'no-recipient')
      assert.equal(await total('sent'), 1)
    })
    it('tells live what arrives', async () => {
      const account = await web.account('live@example.org')
      const browser = client(web.url)
      await browser.logIn('live@example.org')
      const [inbox] = (await browser.get('mailboxes')).body.mailboxes
      const ended = new AbortController()
      const response = await fetch(`${web.url}/api/v1/events`, {
        headers: { cookie: browser.cookie() },
        signal: ended.signal,
      })
      const reader = response.body?.getReader()
      let text = ''
      const until = async (pattern: RegExp): Promise<void> => {
        while (!pattern.test(text)) {
          const read = await reader?.read()
          if (!read || read.done) assert.fail(`the stream ended: ${text}`)
          text += Buffer.from(read.value).toString()
        }
      }
      await until(/event: hello/)
      await web.deliver(account, message('news'))
      await until(/event: mailbox\n/)
      assert.ok(text.includes(`{"mailboxes":["${inbox.id}"]}`))
      ended.abort()
    })
    it('says what is wrong with a request', async () => {
      await web.account('wrong@example.org')
      const browser = client(web.url)
      await browser.logIn('wrong@example.org')
      const [inbox] = (await browser.get('mailboxes')).body.mailboxes
      for (const [route, body] of [
        [`mailboxes/${inbox.id}/flags`, { uids: 'all' }],
        [`mailboxes/${inbox.id}/flags`, { uids: [1], colour: 'red' }],
        [`mailboxes/${inbox.id}/move`, { uids: [0], to: inbox.id }],
        ['drafts', { to: 'x' }],
      ] as const) {
        const reply = await browser.post(route, body)
        assert.deepEqual([reply.status, reply.body.error], [400, 'invalid'], JSON.stringify(body))
      }
      assert.equal((await browser.post('drafts', undefined, { 'content-type': 'application/json' })).status, 400)
      assert.equal((await browser.get('mailboxes/nope/messages')).status, 404)
      assert.equal((await browser.get('mailboxes/..%2F/messages')).status, 400)
      assert.equal((await browser.get('nothing')).status, 404)
    })
  })

  describe('an owner', () => {
    it('keeps mailboxes: renames, copies, looks at messages in other forms, removes', async () => {
      const account = await web.account('tidy@example.org')
      await web.deliver(
        account,
        'From: a@b.example\nSubject: h\nMIME-Version: 1.0\nContent-Type: text/html\n\n<p onclick="x()">hi</p>\n',
        'From: a@b.example\nSubject: o\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\nSubject: inner\n\nx\n',
      )
      const browser = client(web.url)
      await browser.logIn('tidy@example.org')
      const inbox = `mailboxes/${(await browser.get('mailboxes')).body.mailboxes[0].id}`
      assert.deepEqual((await browser.get(`${inbox}/summaries?uids=1,99,x`)).body.messages.length, 1)
      const html = await browser.get(`${inbox}/messages/1/html`)
      assert.match(html.body, /onclick/)
      assert.equal(html.headers.get('content-security-policy'), "sandbox; default-src 'none'")
      assert.match((await browser.get(`${inbox}/messages/1/source`)).body, /onclick/)
      assert.equal((await browser.get(`${inbox}/messages/2/parts/1/message`)).body.subject, 'inner')
      const made = (await browser.post('mailboxes', { name: 'Old' })).body
      assert.equal((await browser.ask('PATCH', `mailboxes/${made.id}`, { name: 'Older' })).body.name, 'Older')
      const copy = (await browser.post(`${inbox}/copy`, { uids: [1], to: made.id })).body
      assert.deepEqual([copy.source, copy.destination], [[1], [1]])
      assert.equal((await browser.ask('DELETE', `mailboxes/${made.id}`)).status, 200)
      assert.equal((await browser.get(`mailboxes/${made.id}/messages`)).body.error, 'not-found')
    })
    it('sees where the account is in use, and ends it: sessions, tokens, the second factor, this session', async () => {
      const account = await web.account('owner@example.org')
      const [browser, other] = [client(web.url), client(web.url)]
      await browser.logIn('owner@example.org')
      await other.logIn('owner@example.org')
      await other.get('mailboxes')
      assert.equal((await browser.get('locks')).body.holders.length, 1)
      assert.equal((await other.post('session/release')).status, 200)
      await untilReleased(web, account.id)
      assert.equal((await browser.get('locks')).body.holders.length, 0)
      const { sessions } = (await browser.get('sessions')).body
      const its = sessions.find((one: { current: boolean }) => !one.current)
      assert.equal((await browser.ask('DELETE', `sessions/${its.id}`)).status, 200)
      assert.equal((await other.get('session')).status, 401)
      await browser.post('account/tokens', { label: 't', scopes: ['mail:read'], days: 3, password: PASSWORD })
      const [token] = (await browser.get('account/keys')).body.tokens
      assert.equal((await browser.ask('DELETE', `account/tokens/${token.id}`)).status, 200)
      assert.deepEqual((await browser.get('account/keys')).body.tokens, [])

      const { secret } = (await browser.post('account/totp/offer')).body
      const code = (): string => totpAt(secret, stepOf(web))
      await browser.post('account/totp', { secret, code: code(), password: PASSWORD })
      const bare = { password: PASSWORD, code: '000000' }
      assert.equal((await browser.ask('DELETE', 'account/totp', bare)).body.error, 'wrong-password')
      web.clock.pass(60_000)
      assert.equal((await browser.ask('DELETE', 'account/totp', { ...bare, code: code() })).status, 200)
      assert.equal((await browser.get('session')).body.totp, false)
      assert.equal((await browser.ask('DELETE', 'session')).status, 200)
      assert.equal((await browser.get('session')).status, 401)
    })
  })

  describe('tokens', () => {
    it('are refused by every operation whose scope they have not, whatever others they have', async () => {
      await web.account('scopes@example.org', { admin: true })
      const browser = client(web.url)
      await browser.logIn('scopes@example.org')
      const { secret } = (await browser.post('account/totp/offer')).body
      await browser.post('account/totp', { secret, code: totpAt(secret, stepOf(web)), password: PASSWORD })
      const tokens = new Map<string, ReturnType<typeof client>>()
      for (const without of SCOPES) {
        const scopes = SCOPES.filter((scope) => scope !== without)
        const made = await browser.post('account/tokens', { label: without, scopes, password: PASSWORD })
        tokens.set(without, client(web.url, { authorization: `Bearer ${made.body.token}` }))
      }
      const { paths } = await documentOf(web.url)
      let checked = 0
      for (const [path, methods] of Object.entries(paths)) {
        for (const [method, { 'x-scope': scope }] of Object.entries(methods)) {
          if (scope === 'public') continue
          const program = tokens.get(scope === 'session' ? 'mail:send' : scope)
          assert.ok(program, scope)
          const reply = await program.ask(method.toUpperCase(), path.slice(1).replace(/\{\w+\}/g, '1'))
          const expected = scope === 'session' ? 'session-required' : 'scope'
          assert.deepEqual([reply.status, reply.body.error], [403, expected], `${method} ${path}`)
          checked++
        }
      }
      assert.ok(checked > 45, String(checked))
    })
    it('do what their scopes say, and nothing without them', async () => {
      await web.account('token@example.org')
      const browser = client(web.url)
      await browser.logIn('token@example.org')
      const make = (more: object) => browser.post('account/tokens', { label: 'a program', password: PASSWORD, ...more })
      assert.equal((await make({ scopes: ['mail:read'], password: 'no' })).status, 403)
      assert.equal((await make({ scopes: ['admin'] })).status, 403)
      const made = await make({ scopes: ['mail:read'], days: 1 })
      assert.equal(made.status, 201)
      const program = client(web.url, { authorization: `Bearer ${made.body.token}` })
      assert.equal((await program.get('mailboxes')).status, 200)
      assert.deepEqual((await program.post('mailboxes', { name: 'x' })).body.error, 'scope')
      assert.deepEqual((await program.get('session')).body.error, 'session-required')
      assert.equal((await client(web.url, { authorization: 'Bearer guessed' }).get('mailboxes')).status, 401)
      assert.equal((await client(web.url, { cookie: `mailbox=${made.body.token}` }).get('mailboxes')).status, 401)
      web.clock.pass(2 * 86_400_000)
      assert.equal((await program.get('mailboxes')).status, 401)
    })
  })

  describe('administrator', () => {
    async function admin(name: string) {
      await web.account(name, { admin: true })
      const browser = client(web.url)
      await browser.logIn(name)
      assert.equal((await browser.get('admin/accounts')).body.error, 'totp-required')
      const { secret } = (await browser.post('account/totp/offer')).body
      await browser.post('account/totp', { secret, code: totpAt(secret, stepOf(web)), password: PASSWORD })
      return browser
    }
    it('is not for others', async () => {
      await web.account('plain@example.org')
      const browser = client(web.url)
      await browser.logIn('plain@example.org')
      for (const route of ['accounts', 'sessions', 'locks', 'lockouts', 'audit', 'overview']) {
        assert.equal((await browser.get(`admin/${route}`)).status, 403, route)
      }
    })
    it('keeps accounts: add, change, disable, quota, protocols, app passwords, remove; all in the audit trail', async () => {
      const browser = await admin('root@example.org')
      const made = await browser.post('admin/accounts', { name: 'New@example.org', password: 'long enough' })
      assert.deepEqual([made.status, made.body.name], [201, 'new@example.org'])
      assert.equal(
        (await browser.post('admin/accounts', { name: 'new@example.org', password: 'long enough' })).status,
        409,
      )
      assert.equal((await browser.post('admin/accounts', { name: 'x@example.org', password: 'short' })).status, 422)
      const user = client(web.url)
      assert.equal((await user.post('session', { user: 'new@example.org', password: 'long enough' })).status, 200)
      const route = `admin/accounts/${made.body.id}`
      const change = await browser.ask('PATCH', route, {
        quotaBytes: 1000,
        protocols: ['http'],
        password: 'another one',
      })
      assert.deepEqual([change.body.quotaBytes, change.body.protocols], [1000, ['http']])
      assert.equal((await user.get('session')).status, 401, 'a new password ends sessions')
      const key = await browser.post(`${route}/app-passwords`, { label: 'phone', protocols: ['imap'] })
      assert.match(key.body.password, /^[a-z0-9-]{23}$/)
      assert.equal((await browser.ask('DELETE', `${route}/app-passwords/${key.body.id}`)).status, 200)
      assert.equal((await browser.ask('PATCH', route, { disabled: true })).body.disabled, true)
      assert.equal((await browser.ask('DELETE', route, { name: 'other' })).status, 409)
      assert.equal((await browser.ask('DELETE', route, { name: 'new@example.org' })).status, 200)
      const { entries } = (await browser.get('admin/audit?user=new@example.org')).body
      const reasons = entries.map((one: { reason: string }) => one.reason).join('\n')
      for (const word of ['account-added', 'account-changed', 'app-password-added', 'account-removed']) {
        assert.match(reasons, new RegExp(`${word}.* by root@example.org`))
      }
      assert.doesNotMatch(JSON.stringify(entries), /long enough|another one/)
    })
    it('sees who is barred and why, and clears it', async () => {
      const own = await openWeb({
        http: { administrator: { totp: 'false' } },
        login: { main: { trusted_proxies: 'loopback' } },
      })
      try {
        const from = (address: string) => client(own.url, { 'x-forwarded-for': address, 'x-forwarded-proto': 'https' })
        await own.account('boss@example.org', { admin: true })
        await own.account('barred@example.org')
        const browser = from('192.0.2.1')
        await browser.logIn('boss@example.org')
        for (let tries = 0; tries < 5; tries++) {
          await from('192.0.2.2').post('session', { user: 'barred@example.org', password: `no${tries}` })
        }
        const [bar] = (await browser.get('admin/lockouts')).body.bars
        assert.deepEqual([bar.scope, bar.subject], ['account', 'barred@example.org from 192.0.2.2'])
        const why = (await browser.get('admin/lockouts/explain?user=barred@example.org&address=192.0.2.2')).body
        assert.equal(why.verdict, 'refused')
        assert.equal((await from('192.0.2.2').logIn('barred@example.org')).status, 401)
        await browser.post('admin/lockouts/clear', { user: 'barred@example.org', address: '192.0.2.2' })
        assert.equal((await from('192.0.2.2').logIn('barred@example.org')).status, 200)
        const refused = (await browser.get('admin/audit?verdict=refused&user=barred@example.org')).body.entries
        assert.ok(refused.length >= 5 && refused.every((one: { verdict: string }) => one.verdict === 'refused'))
        assert.equal(refused[0].address, '192.0.2.2')
      } finally {
        await own.close()
      }
    })
    it('sees locks, sessions and figures, and ends them', async () => {
      const browser = await admin('watch@example.org')
      const account = await web.account('seen@example.org')
      const user = client(web.url)
      await user.logIn('seen@example.org')
      await user.get('mailboxes')
      const { locks } = (await browser.get('admin/locks')).body
      const seen = locks.find((one: { name: string }) => one.name === 'seen@example.org')
      assert.equal(seen.holders[0].protocol, 'webmail')
      assert.equal((await browser.ask('DELETE', `admin/locks/${account.id}/${seen.holders[0].id}`)).body.ended, 1)
      await untilLoggedOut(user)
      const figures = (await browser.get('admin/overview')).body
      assert.equal(figures.hours.length, 24)
      assert.ok(Object.values(figures.health).every((one) => (one as { ok: boolean }).ok))
    })
    it('enters a mailbox under the shared lock, with an entry in the audit trail, and cannot write in its name', async () => {
      const browser = await admin('enter@example.org')
      const account = await web.account('visited@example.org')
      await web.deliver(account, message('private'))
      assert.equal((await browser.post(`admin/accounts/${account.id}/enter`)).status, 200)
      assert.equal((await browser.get('session')).body.entered, 'visited@example.org')
      const [inbox] = (await browser.get('mailboxes')).body.mailboxes
      assert.equal((await browser.get(`mailboxes/${inbox.id}/messages`)).body.messages[0].subject, 'private')
      const [held] = (await web.locks.list(account.id))[0]?.holders ?? []
      assert.deepEqual([held?.protocol, held?.access], ['admin', 'shared'])
      assert.equal((await browser.post('send', { to: 'a@b.example', subject: '', text: '' })).status, 403)
      const { entries } = (await browser.get('admin/audit?user=visited@example.org')).body
      assert.equal(entries[0].reason, 'mailbox-entered by enter@example.org')
      await browser.ask('DELETE', 'admin/entered')
      await untilReleased(web, account.id)
    })
    it('finds deliveries by who, when, outcome, size and id', async () => {
      const browser = await admin('postmaster@example.org')
      const now = web.clock.now()
      const one = { at: now - 5000, sender: 'Ann@example.net', recipient: 'bob@example.org', reply: '250 2.0.0 stored' }
      await web.deliveries.note([
        { ...one, outcome: 'stored', size: 5000, messageId: '<one@x>' },
        { ...one, at: now, outcome: 'later', size: 10, messageId: '<two@x>', reply: '452 4.2.2 full' },
        { ...one, at: now - 3 * 3_600_000, sender: '', outcome: 'refused', size: 20, messageId: '<three@x>' },
      ])
      const ids = async (query: string): Promise<string[]> =>
        (await browser.get(`admin/deliveries?${query}`)).body.deliveries.map(
          (got: { messageId: string }) => got.messageId,
        )
      assert.deepEqual(await ids(''), ['<two@x>', '<one@x>', '<three@x>'])
      assert.deepEqual(await ids('address=ann@'), ['<two@x>', '<one@x>'])
      assert.deepEqual(await ids('outcome=refused'), ['<three@x>'])
      assert.deepEqual(await ids('messageId=two'), ['<two@x>'])
      assert.deepEqual(await ids('minSize=1000'), ['<one@x>'])
      assert.deepEqual(await ids(`from=${now - 5000}&to=${now - 1}`), ['<one@x>'])
      assert.deepEqual(await ids('limit=1'), ['<two@x>'])
      assert.equal((await browser.get('admin/deliveries?outcome=lost')).status, 400)
      const { mailHours } = (await browser.get('admin/overview')).body
      const sum = (name: string) =>
        mailHours.reduce((all: number, hour: Record<string, number>) => all + (hour[name] ?? 0), 0)
      assert.deepEqual([sum('stored'), sum('failed'), sum('bytes')], [1, 2, 5000])
    })
    it('lists accounts and web sessions, and ends one', async () => {
      const browser = await admin('lists@example.org')
      await web.account('listed@example.org')
      const user = client(web.url)
      await user.logIn('listed@example.org')
      const names = async (query: string): Promise<string[]> =>
        (await browser.get(`admin/accounts?${query}`)).body.accounts.map((one: { name: string }) => one.name)
      const everybody = await names('limit=500')
      assert.deepEqual(everybody, [...everybody].sort())
      const first = (await browser.get('admin/accounts?limit=3')).body
      assert.deepEqual([first.accounts.length, first.next], [3, everybody[2]])
      assert.deepEqual(await names(`limit=2&after=${first.next}`), everybody.slice(3, 5))
      assert.deepEqual(await names('find=LISTED'), ['listed@example.org'])
      assert.equal((await browser.get('admin/accounts?find=listed&limit=1')).body.next, undefined)
      const { accounts } = (await browser.get('admin/accounts?limit=500')).body
      assert.ok(accounts.some((one: { name: string }) => one.name === 'listed@example.org'))
      const { sessions } = (await browser.get('admin/sessions')).body
      const theirs = sessions.find((one: { account: string }) => one.account === 'listed@example.org')
      assert.equal((await browser.ask('DELETE', `admin/sessions/${theirs.id}`)).status, 200)
      assert.equal((await browser.ask('DELETE', `admin/sessions/${theirs.id}`)).status, 404)
      assert.equal((await user.get('session')).status, 401)
    })
    it('cannot enter unless the settings allow it', async () => {
      const own = await openWeb({ http: { administrator: { totp: 'false' } } })
      try {
        await own.account('boss@example.org', { admin: true })
        const other = await own.account('other@example.org')
        const browser = client(own.url)
        await browser.logIn('boss@example.org')
        assert.equal((await browser.post(`admin/accounts/${other.id}/enter`)).body.error, 'not-permitted')
      } finally {
        await own.close()
      }
    })
  })

  describe('the rest', () => {
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
      for (const name of [
        '',
        'app.js',
        'base/api.js',
        'base/dom.js',
        'mail/mail.js',
        'mail/list.js',
        'reader/reader.js',
        'compose/compose.js',
        'styles/app.css',
        'icon.svg',
      ]) {
        const response = await fetch(`${web.url}/mail/${name}`, { headers: { 'accept-encoding': 'identity' } })
        assert.equal(response.status, 200, name)
        octets += (await response.arrayBuffer()).byteLength
      }
      assert.ok(octets < 150 * 1024, `${octets} octets`)
      assert.equal((await client(web.url).get('/mail/package.json')).status, 404)
      assert.equal((await client(web.url).get('/mail/..%2f..%2fserver.ts')).status, 404)
      const etag = page.headers.get('etag') ?? ''
      assert.equal((await client(web.url).get('/mail/', { 'if-none-match': etag })).status, 304)
    })
    it('answers every operation as the OpenAPI document says', async () => {
      const { paths } = await documentOf(web.url)
      const all = Object.values(paths).flatMap((methods) =>
        Object.values(methods).map(({ operationId }) => operationId),
      )
      // A stream has no end; its own test is "tells live what arrives".
      assert.deepEqual(
        all.filter((name) => !answered.has(name)),
        ['getEvents'],
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
  })
})
