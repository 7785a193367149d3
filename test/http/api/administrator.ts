import assert from 'node:assert/strict'
import { totpAt } from '../../../lib/web/who/totp'
import { becomes } from '../../eventually'
import { client, message, openWeb, PASSWORD, type Web } from '../web'

const stepOf = (web: Web): number => Math.floor(web.clock.now() / 30_000)

const untilReleased = (web: Web, account: string): Promise<void> =>
  becomes(async () => (await web.locks.list(account)).length, 0)

const untilLoggedOut = (browser: ReturnType<typeof client>): Promise<void> =>
  becomes(async () => (await browser.get('session')).status, 401)

export function administratorRoutes(opened: () => Web): void {
  let web: Web
  before(() => {
    web = opened()
  })

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
    for (const route of ['accounts', 'sessions', 'locks', 'lockouts', 'audit', 'overview', 'index', 'deeds']) {
      assert.equal((await browser.get(`admin/${route}`)).status, 403, route)
    }
  })
  it('gives rights on mailboxes of users, also to anyone; it stands in the audit trail', async () => {
    const team = await web.account('team@example.org')
    await web.account('member@example.org')
    const [browser, member] = [await admin('sharing@example.org'), client(web.url)]
    await member.logIn('member@example.org')
    const path = `admin/accounts/${team.id}/sharing`
    const put = (rights: string) => browser.ask('PUT', path, { mailbox: 'INBOX', identifier: 'anyone', rights })
    assert.equal((await put('lr')).status, 200)
    assert.deepEqual((await browser.get(path)).body.entries, [{ mailbox: 'INBOX', identifier: 'anyone', rights: 'lr' }])
    const name = 'Other Users/team@example.org/INBOX'
    assert.deepEqual((await member.get('account/sharing')).body.others, [{ mailbox: name, rights: 'lr' }])
    assert.equal((await member.ask('PUT', path, { mailbox: 'INBOX', identifier: 'me@x', rights: 'lr' })).status, 403)
    assert.equal((await put('')).status, 200)
    const { entries } = (await browser.get('admin/audit?user=team@example.org')).body
    assert.deepEqual(
      entries.map(({ reason }: { reason: string }) => reason),
      ['rights on INBOX: anyone - by sharing@example.org', 'rights on INBOX: anyone lr by sharing@example.org'],
    )
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
    const { scripts } = web.room.account({ id: made.body.id, name: 'new@example.org', overrides: {}, admin: false })
    await scripts.put('away', '# redirect "no@x"\nredirect :copy "kept@x.example"; if true { redirect "b@x.example"; }')
    await scripts.activate('away')
    assert.deepEqual((await browser.get(`${route}/delivery`)).body, {
      ...{
        aliases: ['new.alias@example.org'],
        rules: [{ name: 'away', active: true }],
        forwards: ['kept@x.example', 'b@x.example'],
      },
    })
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
  it('sees who removed and moved mail, also where an administrator did', async () => {
    const own = await openWeb({ http: { administrator: { totp: 'false', enter_mailboxes: 'true' } } })
    try {
      await own.account('chief@example.org', { admin: true })
      const user = await own.account('robbed@example.org')
      await own.deliver(user, message('one'), message('two'))
      const browser = client(own.url)
      await browser.logIn('chief@example.org')
      assert.equal((await browser.post(`admin/accounts/${user.id}/enter`, {})).status, 200)
      const { mailboxes } = (await browser.get('mailboxes')).body
      const [inbox] = mailboxes.filter(({ name }: { name: string }) => name === 'INBOX')
      const { messages } = (await browser.get(`mailboxes/${inbox.id}/messages`)).body
      const uids = messages.map(({ uid }: { uid: number }) => uid)
      assert.equal((await browser.post(`mailboxes/${inbox.id}/expunge`, { uids })).status, 200)
      await own.deeds.note([])
      const { deeds } = (await browser.get('admin/deeds?account=Robbed@example.org')).body
      assert.equal(deeds.length, 1)
      const [{ what, mailbox, messages: count, by }] = deeds
      assert.deepEqual([what, mailbox, count], ['expunged', 'INBOX', 2])
      assert.deepEqual([by.protocol, by.administrator], ['admin', 'chief@example.org'])
      assert.deepEqual((await browser.get('admin/deeds?account=chief@example.org')).body.deeds, [])
    } finally {
      await own.close()
    }
  })
  it('sees how far the text index is, and has it built anew', async () => {
    const browser = await admin('index@example.org')
    const user = await web.account('indexed@example.org')
    await web.deliver(user, message('one'), message('two'))
    const { body } = await browser.get('admin/index')
    assert.equal(body.state, 'waiting')
    assert.ok(body.waiting >= 2 && body.indexed === 0)
    const own = body.accounts.find(({ name }: { name: string }) => name === 'indexed@example.org')
    assert.deepEqual(own, { account: user.id, name: user.name, indexed: 0, waiting: 2, unreadable: 0 })
    assert.deepEqual((await browser.get(`admin/index?account=${user.id}`)).body.accounts, [own])
    let asked = 0
    const unlisten = web.room.hub.onIndexAsked(() => asked++)
    assert.equal((await browser.post('admin/index/rebuild', { account: user.id })).status, 200)
    assert.equal((await browser.post('admin/index/rebuild', {})).status, 200)
    assert.equal((await browser.post('admin/index/rebuild', { account: 'nobody' })).status, 404)
    unlisten()
    assert.equal(asked, 2)
    const { entries } = (await browser.get('admin/audit?user=indexed@example.org')).body
    assert.match(entries[0].reason, /text-index-rebuilt by index@example.org/)
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
}
