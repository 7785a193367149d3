import assert from 'node:assert/strict'
import { type Chain, directoryChain } from '../../../lib/login/chain'
import { hashAppPassword } from '../../../lib/login/passwords/app-passwords'
import { directoryOf, door, peerAt, person } from '../room'

const RIGHT = 'correct horse'

describe('the door', () => {
  it('lets the right password in, in any spelling of the name', async () => {
    const { login } = door(directoryOf(await person('ann@example.org', RIGHT)))
    const answer = await login.attempt(peerAt('192.0.2.1'), ' Ann@Example.ORG ', RIGHT)
    assert.equal(answer.kind === 'granted' && answer.identity.name, 'ann@example.org')
    await login.close()
  })

  it('opens nothing without the second factor, not even when a bar ends while the password is checked', async () => {
    const ann = await person('ann@example.org', RIGHT)
    let during = (): void => undefined
    const chain: Chain = async (request) => {
      const answer = await directoryChain(request)
      during()
      return answer
    }
    const { login, clock, attempts } = door(directoryOf(ann), {}, { chain })
    const peer = () => peerAt('192.0.2.1')
    const asked: string[] = []
    const attempt = (text: string) =>
      login.attempt(peer(), ann.name, RIGHT, {
        text,
        check: async () => {
          asked.push(text)
          return text === 'code' ? 'right' : text === '' ? 'missing' : 'wrong'
        },
      })
    assert.equal((await attempt('code')).kind, 'granted')
    assert.deepEqual(await attempt(''), { kind: 'invalid', incomplete: true })
    for (let tries = 0; tries < 10; tries++) assert.deepEqual(await attempt(`wrong ${tries}`), { kind: 'invalid' })
    const [bar] = await attempts.list(clock.now())
    assert.ok(bar, 'wrong codes bar')
    asked.length = 0
    during = () => clock.pass(bar.until - clock.now() + 1)
    assert.deepEqual(await attempt(''), { kind: 'invalid' })
    assert.deepEqual(asked, [], 'no code is looked at while barred')
    during = () => undefined
    assert.equal((await attempt('code')).kind, 'granted')
    await login.close()
  })

  it('of a hundred passwords at once without the code, the right one is told only within the limit, and is seen', async () => {
    const ann = await person('ann@example.org', RIGHT)
    const { login, attempts, counted } = door(directoryOf(ann), { main: { hash_patience: '5min' } })
    const second = { text: '', check: async () => 'missing' as const }
    const attempt = (password: string) => login.attempt(peerAt('192.0.2.1'), ann.name, password, second)
    const guesses = Array.from({ length: 100 }, (_, n) => attempt(n === 60 ? RIGHT : `wrong ${n}`))
    assert.deepEqual(
      [...new Set((await Promise.all(guesses)).map((answer) => JSON.stringify(answer)))],
      [JSON.stringify({ kind: 'invalid' })],
    )
    await attempts.clear({})
    assert.deepEqual(await attempt(RIGHT), { kind: 'invalid', incomplete: true })
    const [latest] = await attempts.trail({ limit: 1 })
    assert.deepEqual([latest?.verdict, latest?.reason], ['refused', 'code-missing'])
    assert.ok(counted.some(({ labels }) => labels?.reason === 'code-missing'))
    await login.close()
  })

  it('a right password that is remembered does not overtake wrong ones that began before it', async () => {
    const ann = await person('ann@example.org', RIGHT)
    for (const second of [undefined, { text: '', check: async () => 'missing' as const }]) {
      const { login } = door(directoryOf(ann), { main: { hash_patience: '5min' } })
      const attempt = (password: string) => login.attempt(peerAt('192.0.2.1'), ann.name, password, second)
      const kind = second ? 'invalid' : 'granted'
      assert.equal((await attempt(RIGHT)).kind, kind, 'it is in memory now')
      const wrong = Array.from({ length: 6 }, (_, n) => attempt(`wrong ${n}`))
      const right = attempt(RIGHT)
      await Promise.all(wrong)
      assert.deepEqual(await right, { kind: 'invalid' })
    }
  })

  it('a code is asked about beside a wrong password too, of nobody: equal work', async () => {
    const ann = await person('ann@example.org', RIGHT)
    const { login } = door(directoryOf(ann))
    const asked: unknown[] = []
    const check = async (identity: unknown) => {
      asked.push(identity)
      return 'wrong' as const
    }
    for (const user of [ann.name, 'nobody@example.org'])
      await login.attempt(peerAt('192.0.2.1'), user, 'not it', { text: '123456', check })
    assert.deepEqual(asked, [undefined, undefined])
    await login.close()
  })

  it('answers everything else with the same word', async () => {
    const { login, log } = door(
      directoryOf(
        await person('ann@example.org', RIGHT),
        await person('off@example.org', RIGHT, { disabled: true }),
        await person('pop@example.org', RIGHT, { protocols: ['pop3'] }),
        await person('empty@example.org', RIGHT, { password: '{MD5}xyz' }),
      ),
    )
    const tries: readonly [string, string][] = [
      ['ann@example.org', 'wrong'],
      ['ann@example.org', ''],
      ['nobody@example.org', RIGHT],
      ['off@example.org', RIGHT],
      ['pop@example.org', RIGHT],
      ['empty@example.org', RIGHT],
      ['', ''],
      ['a\0b', 'x'],
      ['x'.repeat(5000), 'y'.repeat(5000)],
    ]
    for (const [at, [user, password]] of tries.entries()) {
      assert.deepEqual(await login.attempt(peerAt(`198.51.${at}.1`), user, password), { kind: 'invalid' })
    }
    const reasons = log.lines.map((line) => /reason=(\S+)/.exec(line)?.[1])
    assert.ok(
      reasons.includes('disabled') && reasons.includes('protocol-not-allowed') && reasons.includes('unknown-user'),
    )
  })

  it('refuses the right password of a barred account, and lets it in when the bar ends', async () => {
    const { login, clock } = door(directoryOf(await person('ann@example.org', RIGHT)))
    const peer = peerAt('192.0.2.1')
    assert.equal((await login.attempt(peer, 'ann@example.org', RIGHT)).kind, 'granted')
    for (let n = 0; n < 4; n++) await login.attempt(peer, 'ann@example.org', `wrong ${n}`)
    assert.equal((await login.attempt(peer, 'ann@example.org', RIGHT)).kind, 'invalid')
    assert.equal((await login.attempt(peerAt('192.0.2.99'), 'ann@example.org', RIGHT)).kind, 'granted')
    clock.pass(30 * 60_000 + 1)
    assert.equal((await login.attempt(peer, 'ann@example.org', RIGHT)).kind, 'granted')
  })

  it('of many guesses at once, those after the limit are barred', async () => {
    const { login } = door(directoryOf(await person('ann@example.org', RIGHT)))
    const peer = peerAt('192.0.2.1')
    const guesses = Array.from({ length: 12 }, (_, n) => login.attempt(peer, 'ann@example.org', `wrong ${n}`))
    const right = login.attempt(peer, 'ann@example.org', RIGHT)
    await Promise.all(guesses)
    assert.equal((await right).kind, 'invalid')
  })

  it('all names by which a directory finds one account count together', async () => {
    const ann = await person('ann@example.org', RIGHT)
    const { login, attempts } = door({ lookup: async (name) => (/^ann@/.test(name) ? ann : undefined) })
    for (let n = 0; n < 4; n++) await login.attempt(peerAt('192.0.2.1'), `ann@host${n}.example`, `wrong ${n}`)
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@another.example', RIGHT)).kind, 'invalid')
    assert.equal((await attempts.trail({ user: ann.name, limit: 10 })).length, 5)
    assert.equal((await login.attempt(peerAt('192.0.2.2'), 'ann@another.example', RIGHT)).kind, 'granted')
  })

  it('never bars never_bar networks and trusted front-ends', async () => {
    const { login } = door(directoryOf(await person('ann@example.org', RIGHT)), {
      lockout: { never_bar: '192.0.2.0/24' },
      main: { trusted_proxies: '10.0.0.1' },
    })
    for (const address of ['192.0.2.1', '10.0.0.1']) {
      for (let n = 0; n < 12; n++) await login.attempt(peerAt(address), 'ann@example.org', `wrong ${n}`)
      assert.equal((await login.attempt(peerAt(address), 'ann@example.org', RIGHT)).kind, 'granted')
    }
  })

  it('an app password opens its protocols only', async () => {
    const app = { password: hashAppPassword('app-pass-word'), protocols: ['imap'] }
    const { login } = door(directoryOf(await person('ann@example.org', RIGHT, { appPasswords: [app] })))
    const at = (protocol: 'imap' | 'pop3') =>
      login.attempt(peerAt('192.0.2.1', { protocol }), 'ann@example.org', 'app-pass-word')
    assert.equal((await at('imap')).kind, 'granted')
    assert.equal((await at('pop3')).kind, 'invalid')
  })

  it('a changed password ends the memory of the old one at once', async () => {
    const directory = directoryOf(await person('ann@example.org', RIGHT))
    const { login } = door(directory)
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'granted')
    directory.people.set('ann@example.org', await person('ann@example.org', 'another'))
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'invalid')
  })

  it('hashes an old scheme anew after a good login', async () => {
    const directory = directoryOf(await person('ann@example.org', RIGHT, { password: `{PLAIN}${RIGHT}`, scram: {} }))
    const { login } = door(directory)
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'granted')
    await login.close()
    const entry = directory.people.get('ann@example.org')
    assert.match(entry?.password ?? '', /^\{ARGON2ID\}\$argon2id\$/)
    assert.deepEqual(Object.keys(entry?.scram ?? {}), ['SCRAM-SHA-256', 'SCRAM-SHA-1'])
  })

  it('says "unavailable" and counts nothing when the directory cannot answer', async () => {
    const { login, attempts, clock } = door({
      lookup: async () => {
        throw new Error('down')
      },
    })
    for (let n = 0; n < 12; n++) {
      assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', `w${n}`)).kind, 'unavailable')
    }
    assert.deepEqual(await attempts.list(clock.now()), [])
  })

  it('says "unavailable" when an attempt cannot be recorded: nobody comes in uncounted', async () => {
    const directory = directoryOf(await person('ann@example.org', RIGHT))
    const { attempts } = door(directory)
    const record = async (): Promise<never> => {
      throw new Error('disk full')
    }
    const { login } = door(directory, {}, { attempts: { ...attempts, record } })
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'unavailable')
  })

  it('says "unavailable" to who waits too long for a hash, counts nothing, and lets known addresses go first', async () => {
    const { login, attempts, clock, log } = door(directoryOf(await person('ann@example.org', RIGHT)), {
      main: { hash_width: '1', hash_patience: '500ms', cache: '0s' },
    })
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'granted')
    const flood = Array.from({ length: 250 }, (_, n) =>
      login.attempt(peerAt(`198.51.${n}.1`), 'ann@example.org', `w${n}`),
    )
    const owner = login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)
    const kinds = (await Promise.all(flood)).map(({ kind }) => kind)
    assert.ok(kinds.includes('unavailable') && kinds.includes('invalid'))
    assert.equal((await owner).kind, 'granted')
    assert.ok(
      log.lines.some((line) => line.startsWith('login unavailable:') && /reason=busy connection=\S+$/.test(line)),
    )
    const counted = kinds.filter((kind) => kind === 'invalid').length
    const spread = await attempts.buckets({ user: 'ann@example.org', address: '192.0.2.1' })
    assert.ok(spread.every(({ failures }) => failures.length <= counted))
    assert.deepEqual(
      await attempts.list(clock.now() + 1),
      spread.flatMap(({ bar }) => (bar ? [bar] : [])),
    )
  })

  it('a plugin that accepts must name an account; a barred account stays closed to it', async () => {
    const answers: Record<string, Chain> = {
      nobody: async () => ({ kind: 'accepted' }),
      unknown: async () => ({ kind: 'accepted', account: 'who@example.org' }),
      ann: async () => ({ kind: 'accepted', account: 'ann@example.org' }),
    }
    const directory = directoryOf(await person('ann@example.org', RIGHT))
    for (const [who, chain] of Object.entries(answers)) {
      const { login } = door(directory, {}, { chain })
      const answer = await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', 'whatever')
      assert.equal(answer.kind, who === 'ann' ? 'granted' : 'invalid', who)
    }
    const shared = door(directory)
    for (let n = 0; n < 4; n++) await shared.login.attempt(peerAt('192.0.2.1'), 'ann@example.org', `w${n}`)
    const { login } = door(
      directory,
      {},
      { attempts: shared.attempts, chain: async () => ({ kind: 'accepted', account: 'ann@example.org' }) },
    )
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', 'whatever')).kind, 'invalid')
  })

  it('tells the operator everything: a stable line, metrics, the trail, new bars', async () => {
    const told: string[] = []
    const { login, log, attempts, counted } = door(
      directoryOf(await person('ann@example.org', RIGHT)),
      {},
      {
        tell: (bar) => told.push(`${bar.scope} ${bar.subject}`),
      },
    )
    for (let n = 0; n < 5; n++) await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', `wrong ${n}`)
    await login.attempt(peerAt('198.51.100.1'), 'x"\r\nlogin failed: address=127.0.0.1', 'p')
    for (const reason of ['wrong-password', 'barred-account']) {
      const line = `login failed: address=192.0.2.1 user="ann@example.org" protocol=imap mechanism=PASSWORD reason=${reason}`
      assert.ok(log.lines.some((text) => text.startsWith(`${line} connection=`)))
    }
    assert.ok(log.lines.every((line) => !/[\r\n]/.test(line)))
    assert.deepEqual(told, ['account ann@example.org from 192.0.2.1'])
    assert.equal((await attempts.trail({ user: 'ann@example.org', limit: 10 })).length, 5)
    assert.deepEqual(counted.filter(({ name }) => name === 'mailbox_login_bars_total').length, 1)
  })
})
