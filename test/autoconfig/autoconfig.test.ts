import assert from 'node:assert/strict'
import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { once } from 'node:events'
import { connect } from 'node:net'
import { addressAsked, appleProfile, mozillaConfig } from '../../lib/autoconfig/documents'
import { checkZone, isDomain, recordsFor } from '../../lib/cli/config/dns'
import { loginSettings } from '../../lib/login/settings'
import { servicesOf } from '../../lib/web/clients'
import { httpSettings } from '../../lib/web/settings'
import { client, openWeb, PASSWORD, type Web } from '../http/web'

const ANN = 'ann@example.org'
const SERVICES = servicesOf(httpSettings({}).clients, 'mail.example.org')

describe('mail programs set themselves up', () => {
  let web: Web
  before(async () => {
    web = await openWeb()
    await web.account(ANN)
  })
  after(() => web.close())

  it('Thunderbird and others: the same answer whether there is such an account or not', async () => {
    const texts: string[] = []
    for (const user of [ANN, 'nobody@example.org']) {
      for (const path of ['/mail/config-v1.1.xml', '/.well-known/autoconfig/mail/config-v1.1.xml']) {
        const reply = await fetch(`${web.url}${path}?emailaddress=${encodeURIComponent(user)}`)
        assert.equal(reply.status, 200)
        assert.match(reply.headers.get('content-type') ?? '', /^application\/xml/)
        texts.push(await reply.text())
      }
    }
    assert.equal(new Set(texts).size, 1)
    for (const expected of [
      '<domain>example.org</domain>',
      '<hostname>mail.example.org</hostname>',
      '<port>993</port>',
    ])
      assert.ok(texts[0]?.includes(expected), expected)
  })

  it('the domain is that of the host, however it is written; a request without one is refused', async () => {
    const ask = async (head: string): Promise<string> => {
      const socket = connect(Number(new URL(web.url).port), '127.0.0.1')
      socket.write(`GET /mail/config-v1.1.xml ${head}\r\nConnection: close\r\n\r\n`)
      let text = ''
      for await (const piece of socket) text += piece
      return text
    }
    for (const head of ['HTTP/1.0', 'HTTP/1.1\r\nHost:', 'HTTP/1.1\r\nHost: autoconfig.'])
      assert.match(await ask(head), /^HTTP\/1\.1 400 /, head)
    assert.match(await ask('HTTP/1.1\r\nHost: AutoConfig.Example.Org:80'), /<domain>example\.org<\/domain>/)
  })

  it('OAuth: who makes the tokens of this service, where it has a name (RFC 9728 2, 3.1)', async () => {
    const issuer = { issuer: 'https://id.example.org', audience: 'mail', jwks: 'none.json', scope: 'mail' }
    const own = await openWeb({ login: { oauth: { ...issuer, resource: 'https://mail.example.org/one' } } })
    try {
      const reply = await fetch(`${own.url}/.well-known/oauth-protected-resource/one`)
      assert.match(reply.headers.get('content-type') ?? '', /^application\/json/)
      assert.deepEqual(await reply.json(), {
        resource: 'https://mail.example.org/one',
        authorization_servers: ['https://id.example.org'],
        scopes_supported: ['mail'],
        bearer_methods_supported: [],
      })
      assert.equal((await fetch(`${own.url}/.well-known/oauth-protected-resource`)).status, 404)
    } finally {
      await own.close()
    }
    assert.equal((await fetch(`${web.url}/.well-known/oauth-protected-resource`)).status, 404)
    for (const resource of ['http://mail.example.org', 'mail', 'https://mail.example.org/#x'])
      assert.throws(() => loginSettings({ oauth: { ...issuer, resource } }), /oauth.resource = .*https/)
  })

  it('names are escaped', () => {
    assert.doesNotMatch(mozillaConfig('<script>&"x', SERVICES), /<script>|&"x/)
  })

  it('Outlook: asks with an address, and is refused without', async () => {
    const ask = (body: string) => fetch(`${web.url}/autodiscover/autodiscover.xml`, { method: 'POST', body })
    const reply = await ask(`<Request><EMailAddress>${ANN}</EMailAddress></Request>`)
    const text = await reply.text()
    assert.equal(reply.status, 200)
    assert.match(text, /<Type>IMAP<\/Type>\s*<Server>mail\.example\.org<\/Server>\s*<Port>993<\/Port>/)
    assert.match(text, /<LoginName>ann@example\.org<\/LoginName>/)
    assert.equal((await ask('<Request/>')).status, 400)
    assert.equal((await ask('ü'.repeat(4100))).status, 413)
    assert.equal(addressAsked(`<EMailAddress>${'<'.repeat(50_000)}`), undefined)
  })

  it('Outlook: a request without an end is cut off', async () => {
    const socket = connect(Number(new URL(web.url).port), '127.0.0.1')
    socket.write('POST /autodiscover/autodiscover.xml HTTP/1.1\r\nHost: x\r\nContent-Length: 9000000\r\n\r\n')
    socket.write('x'.repeat(20_000))
    socket.resume()
    socket.on('error', () => undefined)
    await once(socket, 'close')
  })

  it('iPhone and Mac: a profile with an app password, which opens', async () => {
    const browser = client(web.url)
    await browser.logIn(ANN)
    assert.equal((await browser.post('account/profile', { password: 'wrong' })).status, 403)
    const reply = await browser.post('account/profile', { password: PASSWORD })
    assert.equal(reply.status, 200)
    const { appPasswords } = (await browser.get('account/keys')).body
    assert.deepEqual(
      appPasswords.map(({ label, protocols }: { label: string; protocols: string[] }) => [label, protocols]),
      [['Profile for Apple devices', ['imap', 'smtp']]],
    )
    const text = appleProfile({ address: ANN, password: 'a&b' }, SERVICES) ?? ''
    assert.match(text, /<key>IncomingMailServerHostName<\/key><string>mail\.example\.org<\/string>/)
    assert.match(text, /<key>OutgoingPassword<\/key><string>a&#38;b<\/string>/)
    assert.equal(appleProfile({ address: ANN, password: 'x' }, []), undefined)
  })

  it('settings: ports and none, and mistakes are named', () => {
    const { clients } = httpSettings({
      clients: { host: 'm.example.org', imap: '143 starttls', pop3: 'none', smtp: '587 starttls' },
    })
    assert.deepEqual(servicesOf(clients, 'x'), [
      { protocol: 'imap', port: 143, tls: 'starttls', host: 'm.example.org' },
      { protocol: 'smtp', port: 587, tls: 'starttls', host: 'm.example.org' },
    ])
    assert.throws(() => httpSettings({ clients: { imap: '993 ssl' } }), /clients\.imap = 993 ssl/)
  })
})

/** A resolver that knows MX of example.org and nothing else: header, question, and for the one an answer. */
async function nameServer(): Promise<{ address: string; close(): void }> {
  const server = createSocket('udp4')
  server.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5
    const type = query.readUInt16BE(end - 4)
    const name = query.subarray(12, end - 4).toString('latin1')
    const known = type === 15 && name.startsWith('\x07example')
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(known ? 0x8180 : 0x8183, 2)
    header.writeUInt16BE(known ? 1 : 0, 6)
    header.fill(0, 8, 12)
    const exchange = Buffer.from('\x04mail\x07example\x03org\0', 'latin1')
    const answer = Buffer.concat([
      Buffer.from([0xc0, 12, 0, 15, 0, 1, 0, 0, 0, 60, 0, exchange.length + 2, 0, 5]),
      exchange,
    ])
    server.send(Buffer.concat([header, query.subarray(12, end), ...(known ? [answer] : [])]), port, address)
  })
  server.bind(0, '127.0.0.1')
  await once(server, 'listening')
  return { address: `127.0.0.1:${server.address().port}`, close: () => server.close() }
}

describe('dns: what a domain needs', () => {
  it('CAA: the authority is the own choice, none may do, and nobody is told of', async () => {
    const records = recordsFor('example.org', 'mail.example.org', []).filter(({ type }) => type === 'CAA')
    const check = async (answer: readonly string[]) => {
      class Fake extends Resolver {
        override resolveCaa = (async () => {
          if (answer.length === 0) throw Object.assign(new Error('none'), { code: 'ENODATA' })
          return answer.map((issue) => ({ type: 'CAA' as const, critical: 0, issue }))
        }) as Resolver['resolveCaa']
      }
      const [finding] = await checkZone(records, new Fake())
      return `${finding?.level} ${finding?.text}`
    }
    assert.match(await check([]), /^ok is missing: any authority/)
    assert.match(await check(['ca.example.net']), /^ok 0 issue "ca\.example\.net": no other authority/)
    assert.match(await check([';']), /^warning is 0 issue ";": no authority/)
  })

  it('lists MX, SPF, SRV of each service, autoconfig and autodiscover', () => {
    const lines = recordsFor('example.org', 'mail.example.org', SERVICES).map(
      ({ name, type, value }) => `${name} ${type} ${value}`,
    )
    assert.deepEqual(lines, [
      'example.org MX 10 mail.example.org.',
      'example.org TXT v=spf1 mx ~all',
      'example.org CAA 0 issue "letsencrypt.org"',
      '_imaps._tcp.example.org SRV 0 1 993 mail.example.org.',
      '_pop3s._tcp.example.org SRV 0 1 995 mail.example.org.',
      '_submissions._tcp.example.org SRV 0 1 465 mail.example.org.',
      'autoconfig.example.org CNAME mail.example.org.',
      'autodiscover.example.org CNAME mail.example.org.',
    ])
  })

  it('what is no domain is none', () => {
    for (const name of ['example.org', 'localhost', 'xn--mller-kva.de', '1.example', `${'x'.repeat(63)}.org`])
      assert.equal(isDomain(name), true, name)
    const none = [
      '',
      '.',
      '../etc/passwd',
      'a..b',
      '-a.org',
      'a-.org',
      'a b',
      `${'x'.repeat(64)}.org`,
      'x.'.repeat(127),
    ]
    for (const name of none) assert.equal(isDomain(name), false, name)
  })

  it('asks what is there: another preference is fine, what mail needs is an error, the rest a warning', async () => {
    const server = await nameServer()
    const resolver = new Resolver({ timeout: 2000, tries: 1 })
    resolver.setServers([server.address])
    try {
      const levels = async (me: string) =>
        (await checkZone(recordsFor('example.org', me, SERVICES), resolver)).map(({ level }) => level)
      assert.deepEqual(await levels('mail.example.org'), ['ok', 'warning', 'ok', ...Array(5).fill('warning')])
      assert.equal((await levels('other.example.org'))[0], 'error')
    } finally {
      server.close()
    }
  })
})
