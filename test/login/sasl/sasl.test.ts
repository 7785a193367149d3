import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import type { Login, LoginPeer, SaslStep } from '../../../lib/login/login'
import { makeScramKeys } from '../../../lib/login/passwords/scram-keys'
import { parseBearer } from '../../../lib/login/sasl/bearer'
import { jwtVerifier } from '../../../lib/login/sasl/jwt'
import { MECHANISMS } from '../../../lib/login/settings'
import { directoryOf, door, peerAt, person } from '../room'
import { type ScramClientOptions, scramClient } from './scram-client'

const RIGHT = 'correct horse'
const ANN = 'ann@example.org'

async function ann(ini = {}, more = {}) {
  return door(directoryOf(await person(ANN, RIGHT)), ini, more)
}

/** Sends the responses one after another. @returns all steps */
async function talk(login: Login, peer: LoginPeer, mechanism: string, ...responses: (string | undefined)[]) {
  const exchange = login.sasl(peer, mechanism)
  assert.ok(exchange, `${mechanism} is not offered`)
  const steps: SaslStep[] = []
  for (const response of responses) {
    steps.push(await exchange.step(response === undefined ? undefined : Buffer.from(response)))
  }
  return steps
}
const said = (step: SaslStep | undefined): string =>
  step?.kind === 'challenge' ? step.octets.toString() : (step?.answer.kind ?? '')

async function scram(login: Login, peer: LoginPeer, mechanism: string, options: ScramClientOptions) {
  const client = scramClient(options)
  const exchange = login.sasl(peer, mechanism)
  assert.ok(exchange, `${mechanism} is not offered`)
  const first = await exchange.step(client.first())
  if (first.kind === 'done') return { answer: first.answer.kind, serverFirst: '', proven: false }
  const last = await exchange.step(client.final(first.octets.toString()))
  assert.equal(last.kind, 'done')
  return {
    answer: last.kind === 'done' ? last.answer.kind : '',
    serverFirst: first.octets.toString(),
    proven: last.kind === 'done' && client.isServer(last.final),
  }
}

describe('SASL', () => {
  it('PLAIN (RFC 4616), with and without initial response', async () => {
    const { login } = await ann()
    const rows: readonly [string, string][] = [
      [`\0${ANN}\0${RIGHT}`, 'granted'],
      [`${ANN}\0${ANN}\0${RIGHT}`, 'granted'],
      [`\0Ann@example.org\0${RIGHT}`, 'granted'],
      [`bob@example.org\0${ANN}\0${RIGHT}`, 'invalid'],
      [`\0${ANN}\0wrong`, 'invalid'],
      [`\0${ANN}\0${RIGHT}\0`, 'invalid'],
      [ANN, 'invalid'],
      ['', 'invalid'],
    ]
    for (const [at, [response, answer]] of rows.entries()) {
      const [step] = await talk(login, peerAt(`198.51.${at}.1`), 'plain', response)
      assert.equal(said(step), answer, JSON.stringify(response))
    }
    const steps = await talk(login, peerAt('192.0.2.1'), 'PLAIN', undefined, `\0${ANN}\0${RIGHT}`)
    assert.deepEqual(steps.map(said), ['', 'granted'])
  })

  it('LOGIN asks twice', async () => {
    const { login } = await ann()
    assert.deepEqual((await talk(login, peerAt('192.0.2.1'), 'LOGIN', undefined, ANN, RIGHT)).map(said), [
      'Username:',
      'Password:',
      'granted',
    ])
    assert.deepEqual((await talk(login, peerAt('192.0.2.1'), 'LOGIN', ANN, 'no')).map(said), ['Password:', 'invalid'])
  })

  for (const [mechanism, hash] of [
    ['SCRAM-SHA-256', 'sha256'],
    ['SCRAM-SHA-1', 'sha1'],
  ] as const) {
    it(`${mechanism}: the server proves itself to the right client, and says nothing to a wrong one`, async () => {
      const { login } = await ann({ main: { mechanisms: mechanism } })
      const right = await scram(login, peerAt('192.0.2.1'), mechanism, { user: ANN, password: RIGHT, hash })
      assert.deepEqual([right.answer, right.proven], ['granted', true])
      const wrong = await scram(login, peerAt('192.0.2.1'), mechanism, { user: ANN, password: 'no', hash })
      assert.deepEqual([wrong.answer, wrong.proven], ['invalid', false])
    })
  }

  it('SCRAM: an unknown name has a salt that stays, in the form of a real one', async () => {
    const { login } = await ann()
    const salts: string[] = []
    for (const user of ['ghost@example.org', 'GHOST@example.org', 'other@example.org', ANN]) {
      const { serverFirst, answer } = await scram(login, peerAt('192.0.2.1'), 'SCRAM-SHA-256', { user, password: 'x' })
      assert.equal(answer, 'invalid')
      assert.match(serverFirst, /^r=[\x21-\x2b\x2d-\x7e]{48},s=[A-Za-z0-9+/]{22}==,i=10000$/)
      salts.push(/s=([^,]+)/.exec(serverFirst)?.[1] ?? '')
    }
    assert.equal(salts[0], salts[1])
    assert.equal(new Set(salts).size, 3)
  })

  for (const [what, spellings] of [
    ['a blank', ['NAME@example.org', ' NAME@example.org', 'NAME@example.org ', '\tNAME@example.org\u00a0']],
    ['case', ['NAME@example.org', 'NAME@EXAMPLE.ORG', 'Name@Example.org'.replace('Name', 'NAME')]],
    ['composed letters (NFC, NFD)', ['NAME\u00f6@example.org', 'NAMEo\u0308@example.org']],
    ['the default domain', ['NAME', 'NAME@example.org', 'NAME ']],
    ['a mailbox in the name', ['NAME@example.org', 'NAME+Archive@example.org', 'NAME+x']],
    ['what nobody can have', ['NA ME@example.org', 'NA\u0000ME@example.org', `NAME${'e'.repeat(300)}@example.org`]],
  ] as const)
    it(`SCRAM: spellings that differ in ${what} have one first answer, whether the name exists or not`, async () => {
      const people = [await person(ANN, RIGHT), await person('ann\u00f6@example.org', RIGHT)]
      const { login } = door(directoryOf(...people), {
        main: { default_domain: 'example.org', mechanisms: MECHANISMS.join(' ') },
      })
      for (const mechanism of ['SCRAM-SHA-256', 'SCRAM-SHA-1']) {
        const seen = new Set<string>()
        for (const name of ['ann', 'ghost']) {
          const answers = new Set<string>()
          for (const spelling of spellings) {
            const client = scramClient({ user: spelling.replace('NAME', name), password: 'x' })
            const exchange = login.sasl(peerAt('192.0.2.1', { mailboxInName: true }), mechanism)
            answers.add(said(await exchange?.step(client.first())).replace(/^r=[^,]+,/, ''))
          }
          assert.equal(answers.size, 1, `${mechanism} ${name}: ${[...answers]}`)
          for (const answer of answers) seen.add(answer)
        }
        assert.equal(seen.size, what === 'what nobody can have' ? 1 : 2)
      }
    })

  it('SCRAM: keys with another number of iterations, or another salt, than ours show nothing: as if there were none', async () => {
    const keys = await makeScramKeys('sha256', RIGHT)
    const odd = await person('odd@example.org', RIGHT, {
      scram: { 'SCRAM-SHA-256': keys.replace('$10000:', '$4096:') },
    })
    const { login } = door(directoryOf(odd))
    const { serverFirst, answer } = await scram(login, peerAt('192.0.2.1'), 'SCRAM-SHA-256', {
      user: odd.name,
      password: RIGHT,
    })
    assert.match(serverFirst, /,i=10000$/)
    assert.equal(answer, 'invalid')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), odd.name, RIGHT)).kind, 'granted')
  })

  it('SCRAM: a barred account refuses the right proof, without the server signature', async () => {
    const { login } = await ann()
    const peer = peerAt('192.0.2.1')
    for (let n = 0; n < 4; n++) await login.attempt(peer, ANN, `w${n}`)
    const barred = await scram(login, peer, 'SCRAM-SHA-256', { user: ANN, password: RIGHT })
    assert.deepEqual([barred.answer, barred.proven], ['invalid', false])
  })

  it('SCRAM-SHA-256-PLUS binds to the TLS channel; a downgrade is noticed', async () => {
    const { login } = await ann()
    const exporter = Buffer.from('0123456789abcdef0123456789abcdef')
    const peer = peerAt('192.0.2.1', { channelBindings: { 'tls-exporter': exporter } })
    const plus = (gs2: string, binding: Buffer) =>
      scram(login, peer, 'SCRAM-SHA-256-PLUS', { user: ANN, password: RIGHT, gs2, binding })
    assert.ok(login.mechanisms(peer)[0] === 'SCRAM-SHA-256-PLUS')
    assert.ok(!login.mechanisms(peerAt('192.0.2.1')).includes('SCRAM-SHA-256-PLUS'))
    assert.equal((await plus('p=tls-exporter,,', exporter)).answer, 'granted')
    assert.equal((await plus('p=tls-exporter,,', Buffer.from('another channel'))).answer, 'invalid')
    assert.equal((await plus('p=tls-unique,,', exporter)).answer, 'invalid')
    const y = { user: ANN, password: RIGHT, gs2: 'y,,' }
    assert.equal((await scram(login, peer, 'SCRAM-SHA-256', y)).answer, 'invalid')
    assert.equal((await scram(login, peerAt('192.0.2.1'), 'SCRAM-SHA-256', y)).answer, 'granted')
  })

  it('channel binding with odd base64: only the one spelling of RFC 4648 is right', async () => {
    const { login } = await ann()
    const exporter = Buffer.from('0123456789abcdef0123456789abcde\xff', 'latin1')
    const odd: readonly ((coded: string) => string)[] = [
      (coded) => coded.replace(/=+$/, ''),
      (coded) => `${coded}=`,
      (coded) => ` ${coded}`,
      (coded) => coded.replace(/\+/g, '-').replace(/\//g, '_'),
      (coded) => `${coded.slice(0, 8)}\r\n${coded.slice(8)}`,
      (coded) => coded.toLowerCase(),
      // The same octets, but bits are set that are thrown away.
      (coded) => coded.replace(/.(=+)$/, '9$1'),
      () => '=',
      () => '====',
      () => '\u{1d7d8}',
    ]
    for (const [n, spell] of odd.entries()) {
      const peer = peerAt(`198.51.${n}.1`, { channelBindings: { 'tls-exporter': exporter } })
      const client = scramClient({
        ...{ user: ANN, password: RIGHT, gs2: 'p=tls-exporter,,', binding: exporter },
        spellBinding: spell,
      })
      const exchange = login.sasl(peer, 'SCRAM-SHA-256-PLUS')
      const first = await exchange?.step(client.first())
      assert.equal(first?.kind, 'challenge')
      const last = first?.kind === 'challenge' ? await exchange?.step(client.final(first.octets.toString())) : undefined
      const coded = Buffer.concat([Buffer.from('p=tls-exporter,,'), exporter]).toString('base64')
      const expected = spell(coded) === coded ? 'granted' : 'invalid'
      assert.equal(said(last), expected, JSON.stringify(spell(coded)))
    }
  })

  it('SCRAM: broken messages fail and never reject', async () => {
    const { login } = await ann()
    for (const message of [
      '',
      'n,,',
      'n,,n=,r=x',
      'x,,n=a,r=b',
      'n,,m=1,n=a,r=b',
      'n,a=bob,n=ann,r=x',
      'p=,,n=a,r=b',
    ]) {
      assert.equal(said((await talk(login, peerAt('198.51.100.1'), 'SCRAM-SHA-256', message))[0]), 'invalid', message)
    }
    const steps = await talk(login, peerAt('198.51.100.2'), 'SCRAM-SHA-256', `n,,n=${ANN},r=abc`, 'c=biws', 'again')
    assert.deepEqual(steps.slice(1).map(said), ['invalid', 'invalid'])
  })

  it('one click of a client that tries SCRAM, PLAIN and LOGIN counts once', async () => {
    const { login, attempts, clock, log } = await ann()
    for (let click = 0; click < 3; click++) {
      const peer = peerAt('192.0.2.1')
      await scram(login, peer, 'SCRAM-SHA-256', { user: ANN, password: `typo ${click}` })
      await talk(login, peer, 'PLAIN', `\0${ANN}\0typo ${click}`)
      await talk(login, peer, 'LOGIN', ANN, `typo ${click}`)
      await login.attempt(peer, ANN, `typo ${click}`)
      clock.pass(1000)
    }
    assert.deepEqual(await attempts.list(clock.now()), [])
    await login.attempt(peerAt('192.0.2.1'), ANN, 'typo 4')
    assert.equal((await attempts.list(clock.now())).length, 1)
    assert.equal(log.lines.filter((line) => line.startsWith('login failed')).length, 13)
  })

  it('a program with an old password is not barred by asking again and again', async () => {
    const { login, attempts, clock } = await ann()
    for (let poll = 0; poll < 30; poll++) {
      const peer = peerAt('192.0.2.1')
      await scram(login, peer, 'SCRAM-SHA-256', { user: ANN, password: 'old' })
      await talk(login, peer, 'PLAIN', `\0${ANN}\0old`)
      clock.pass(60_000)
    }
    assert.deepEqual(await attempts.list(clock.now()), [])
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)).kind, 'granted')
  })

  it('property: whatever octets come, an exchange ends without opening anything and without rejecting', async () => {
    const { login } = await ann(
      { main: { mechanisms: MECHANISMS.join(' ') }, oauth: { issuer: 'i', audience: 'a', jwks: 'k' } },
      { verifyToken: async () => undefined },
    )
    const bound = { channelBindings: { 'tls-exporter': Buffer.from('x') }, certificateNames: ['who@example.org'] }
    const octets = fc.oneof(
      fc.uint8Array({ maxLength: 60 }),
      fc
        .constantFrom('n,,', `n,,n=${ANN},r=abc`, `\0${ANN}\0`, 'c=biws,r=abc', 'p=x', '\x01', 'y,a=,n=,r=')
        .map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...MECHANISMS),
        fc.array(fc.option(octets, { nil: undefined }), { maxLength: 6 }),
        async (name, responses) => {
          const exchange = login.sasl(peerAt('198.51.100.1', bound), name)
          assert.ok(exchange, name)
          for (const response of responses) {
            const step = await exchange.step(response && Buffer.from(response))
            assert.ok(step.kind === 'challenge' || step.answer.kind === 'invalid')
            if (step.kind === 'done') break
          }
        },
      ),
      { numRuns: 150 },
    )
  })

  it('offers nothing clear without TLS, but from cleartext_from', async () => {
    const { login } = await ann()
    const plain = peerAt('192.0.2.1', { tls: false })
    assert.deepEqual(login.mechanisms(plain), ['SCRAM-SHA-256'])
    assert.equal(login.sasl(plain, 'PLAIN'), undefined)
    assert.equal(login.allowsCleartext(plain), false)
    assert.deepEqual(login.mechanisms(peerAt('127.0.0.1', { tls: false })), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
    assert.deepEqual(login.mechanisms(peerAt('192.0.2.1')), ['SCRAM-SHA-256', 'PLAIN', 'LOGIN'])
  })

  it('EXTERNAL lets in whom the certificate names, and nobody else', async () => {
    const { login } = await ann()
    const peer = peerAt('192.0.2.1', { certificateNames: [ANN, 'ann@example.net'] })
    assert.equal(said((await talk(login, peer, 'EXTERNAL', ''))[0]), 'granted')
    assert.equal(said((await talk(login, peer, 'EXTERNAL', ANN))[0]), 'granted')
    assert.equal(said((await talk(login, peer, 'EXTERNAL', 'bob@example.org'))[0]), 'invalid')
    assert.equal(login.sasl(peerAt('192.0.2.1'), 'EXTERNAL'), undefined)
    const stranger = peerAt('192.0.2.1', { certificateNames: ['who@example.org'] })
    assert.equal(said((await talk(login, stranger, 'EXTERNAL', ''))[0]), 'invalid')
  })

  it('reads bearer messages as RFC 7628 and XOAUTH2 write them', () => {
    const oauth = 'n,a=ann@example.org,\x01host=h\x01port=993\x01auth=Bearer abc.def\x01\x01'
    assert.deepEqual(parseBearer(oauth, 'OAUTHBEARER'), { user: ANN, token: 'abc.def' })
    assert.deepEqual(parseBearer('n,,\x01auth=bearer t\x01\x01', 'OAUTHBEARER'), { user: '', token: 't' })
    assert.deepEqual(parseBearer(`user=${ANN}\x01auth=Bearer t\x01\x01`, 'XOAUTH2'), { user: ANN, token: 't' })
    for (const broken of ['', '\x01\x01', 'n,,\x01\x01', 'n,,\x01auth=Basic x\x01\x01', 'auth=Bearer t\x01\x01']) {
      assert.equal(parseBearer(broken, 'OAUTHBEARER'), undefined, JSON.stringify(broken))
    }
  })

  it('OAUTHBEARER and XOAUTH2: signed tokens, with the error continuation of RFC 7628 3.2.3', async () => {
    const jose = await import('jose')
    const { publicKey, privateKey } = await jose.generateKeyPair('ES256')
    const folder = mkdtempSync(join(tmpdir(), 'login-'))
    try {
      const jwks = join(folder, 'keys.json')
      writeFileSync(jwks, JSON.stringify({ keys: [{ ...(await jose.exportJWK(publicKey)), alg: 'ES256' }] }))
      const resource = 'https://mail.example.org'
      const oauth = { issuer: 'https://id.example.org', audience: 'mail', jwks, resource }
      const configuration = 'https://id.example.org/.well-known/openid-configuration'
      const verifyToken = jwtVerifier({ ...oauth, claim: 'email', algorithms: ['ES256'], configuration: '', scope: '' })
      const { login } = await ann({ oauth }, { verifyToken })
      const token = (claims: Record<string, unknown>, audience = 'mail', exp = '1h') =>
        new jose.SignJWT({ email: ANN, ...claims })
          .setProtectedHeader({ alg: 'ES256' })
          .setIssuer('https://id.example.org')
          .setAudience(audience)
          .setExpirationTime(exp)
          .sign(privateKey)
      const bearer = (value: string, user = ANN) => `n,a=${user},\x01auth=Bearer ${value}\x01\x01`
      const peer = peerAt('192.0.2.1')
      assert.ok(login.mechanisms(peer).includes('OAUTHBEARER'))
      assert.deepEqual((await talk(login, peer, 'OAUTHBEARER', bearer(await token({})))).map(said), ['granted'])
      const x = `user=${ANN}\x01auth=Bearer ${await token({})}\x01\x01`
      assert.deepEqual((await talk(login, peer, 'XOAUTH2', x)).map(said), ['granted'])
      const bad = [
        bearer(await token({}, 'another service')),
        bearer(await token({}, 'mail', '-1h')),
        bearer(await token({ email: 'bob@example.org' })),
        bearer(await token({ email_verified: false })),
        bearer(await token({}), 'bob@example.org'),
        bearer('eyJhbGciOiJub25lIn0.e30.'),
        'rubbish',
      ]
      for (const [at, message] of bad.entries()) {
        const steps = await talk(login, peerAt(`198.51.${at}.1`), 'OAUTHBEARER', message, '\x01')
        const metadata = `${resource}/.well-known/oauth-protected-resource`
        const told = { status: 'invalid_token', 'openid-configuration': configuration, resource_metadata: metadata }
        assert.deepEqual(steps.map(said), [JSON.stringify(told), 'invalid'])
      }
      const none = await ann()
      assert.equal(none.login.sasl(peer, 'OAUTHBEARER'), undefined)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
