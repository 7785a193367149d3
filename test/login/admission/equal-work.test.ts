import assert from 'node:assert/strict'
import { type Directory, type DirectoryEntry, firstOf, passwordsFrom } from '../../../lib/login/directory'
import { hashAppPassword, newAppPassword } from '../../../lib/login/passwords/app-passwords'
import { verifyPassword } from '../../../lib/login/passwords/verify'
import { directoryOf, door, peerAt, person } from '../room'
import { scramClient } from '../sasl/scram-client'

const RIGHT = 'wonder land'
/** Decomposed letters and a no-break space: not as SASLprep leaves them, so that it has two forms. */
const TWO_FORMS = 'wo\u0301nder\u00a0land'

/** Refusals that must not be told apart by their time do the same work: counted here, measured by `npm run test:oracle`. */
describe('equal work', () => {
  /** Counts hashes of the default cost. */
  function counting() {
    let count = 0
    const verify: typeof verifyPassword = (password, verifier) => {
      if (verifier.includes('m=19456,t=2')) count++
      return verifyPassword(password, verifier)
    }
    return { verify, counted: () => count }
  }

  let hashes = 0
  const verify: typeof verifyPassword = (password, verifier) => {
    if (verifier.startsWith('{ARGON2ID}')) hashes++
    return verifyPassword(password, verifier)
  }

  async function costs(directory: Directory, user: string, password: string, main = {}): Promise<number> {
    const { login } = door(directory, { main }, { verify })
    // The first attempt makes what is made once.
    await login.attempt(peerAt('192.0.2.9'), 'somebody@example.org', 'x')
    hashes = 0
    assert.equal((await login.attempt(peerAt('192.0.2.1'), user, password)).kind, 'invalid')
    return hashes
  }

  for (const [what, password, expected] of [
    ['a password', 'not it', 1],
    ['a password of two forms', TWO_FORMS, 2],
    ['none', '', 1],
    ['a password that is too long', 'x'.repeat(2000), 1],
  ] as const)
    it(`${what}: as many hashes for an account, a name without one, a disabled one, and one with a cheap scheme`, async () => {
      const app = { password: hashAppPassword('app-pass-word'), protocols: [] }
      const people = directoryOf(
        await person('ann@example.org', RIGHT),
        await person('apps@example.org', RIGHT, { appPasswords: [app] }),
        await person('off@example.org', password, { disabled: true }),
        await person('pop@example.org', password, { protocols: ['pop3'] }),
        await person('old@example.org', RIGHT, { password: `{PLAIN}${RIGHT}` }),
      )
      for (const name of [...people.people.keys(), 'nobody@example.org'])
        assert.equal(await costs(people, name, password), expected, name)
    })

  it('the right password, where it opens nothing, costs what a wrong one does: expired, another network, protocol, app-only', async () => {
    const { password, verifier, tag } = newAppPassword()
    const app = { id: 'a', password: verifier, tag, protocols: [] }
    const withApp = (name: string, limits: object, more: Partial<DirectoryEntry> = {}) =>
      person(name, RIGHT, { ...more, appPasswords: [{ ...app, ...limits }] })
    const people = directoryOf(
      await withApp('expired@example.org', { expiresAt: 1 }),
      await withApp('elsewhere@example.org', { networks: ['198.51.100.0/24'] }),
      await withApp('both@example.org', { networks: ['198.51.100.0/24'], expiresAt: 1 }),
      await withApp('pop@example.org', { protocols: ['pop3'] }),
      await withApp('off@example.org', {}, { disabled: true }),
      await withApp('untagged@example.org', { tag: undefined, expiresAt: 1 }),
    )
    for (const main of [{}, { only_app_passwords: 'all' }]) {
      for (const name of [...people.people.keys(), 'nobody@example.org'])
        assert.equal(await costs(people, name, password, main), 1, name)
    }
    const only = { only_app_passwords: 'example.org' }
    for (const name of ['expired@example.org', 'nobody@example.org'])
      for (const own of [RIGHT, 'not it']) assert.equal(await costs(people, name, own, only), 1, `${name} ${own}`)
  })

  it('an app password that is remembered costs a hash again from where, and when, it does not open', async () => {
    const { password, verifier, tag } = newAppPassword()
    const app = { id: 'a', password: verifier, tag, protocols: [], networks: ['192.0.2.1'] }
    const ann = await person('ann@example.org', RIGHT, { appPasswords: [{ ...app, expiresAt: 1_800_000_060_000 }] })
    const { login, clock } = door(directoryOf(ann), {}, { verify })
    const attempt = async (address: string) => {
      hashes = 0
      return [(await login.attempt(peerAt(address), ann.name, password)).kind, hashes]
    }
    assert.deepEqual(await attempt('192.0.2.1'), ['granted', 1])
    assert.deepEqual(await attempt('::ffff:192.0.2.1'), ['granted', 0])
    assert.deepEqual(await attempt('192.0.2.2'), ['invalid', 1])
    clock.pass(60_000)
    assert.deepEqual(await attempt('192.0.2.1'), ['invalid', 1])
  })

  it('SCRAM with the right password, where only app passwords open, answers as with a wrong one', async () => {
    const ann = await person('ann@example.org', RIGHT)
    const { login } = door(directoryOf(ann), { main: { only_app_passwords: 'all' } })
    for (const password of [RIGHT, 'not it']) {
      const client = scramClient({ user: ann.name, password })
      const exchange = login.sasl(peerAt('192.0.2.1'), 'SCRAM-SHA-256')
      const first = await exchange?.step(client.first())
      const last = first?.kind === 'challenge' && (await exchange?.step(client.final(first.octets.toString())))
      assert.deepEqual(last, { kind: 'done', answer: { kind: 'invalid' } }, password)
    }
  })

  /** A directory over the network that checks passwords itself, and what was asked of it. */
  function outside(knows: (name: string) => boolean) {
    const asked: string[] = []
    const directory: Directory = {
      lookup: async (name): Promise<DirectoryEntry | undefined> => {
        asked.push('search')
        if (!knows(name)) return undefined
        const { password: _own, ...entry } = await person(name, RIGHT)
        return {
          ...entry,
          verify: async () => {
            asked.push('bind')
            return false
          },
        }
      },
      pretend: async () => {
        asked.push('bind')
      },
    }
    return { asked, directory }
  }
  const NAMES = [
    'ann@example.org',
    'only-in-the-store@example.org',
    'without-account@example.org',
    'nobody@example.org',
  ]
  const people = async () => [
    await person('ann@example.org', RIGHT),
    await person('only-in-the-store@example.org', RIGHT),
  ]

  for (const order of ['in front of', 'behind'] as const)
    for (const [what, password] of [
      ['a password', 'not it'],
      ['a password of two forms', TWO_FORMS],
      ['none', ''],
    ] as const)
      it(`${what}: a directory that checks itself, ${order} the store, is asked the same for each name`, async () => {
        const { asked, directory } = outside((name) => /^(?:ann|without-account)@/.test(name))
        const store = directoryOf(...(await people()))
        const both = [passwordsFrom(directory, store), store]
        const all = firstOf(order === 'behind' ? both.reverse() : both)
        const forms = password === TWO_FORMS ? 2 : 1
        for (const name of NAMES) {
          asked.length = 0
          assert.equal(await costs(all, name, password), forms, name)
          // Of two attempts: the first makes what is made once.
          assert.deepEqual(asked, ['search', 'bind', 'search', 'bind'], name)
        }
      })

  for (const [what, password] of [
    ['plain', `{PLAIN}${RIGHT}`],
    ['a bcrypt hash of the lowest cost', '$2b$04$abcdefghijklmnopqrstuuuVqvcZ9LOy5QoxnxLdMmpkbE3VTlM6y'],
    ['a bcrypt hash that would take hours', '$2b$31$abcdefghijklmnopqrstuuuVqvcZ9LOy5QoxnxLdMmpkbE3VTlM6y'],
    ['an argon2 hash of a low cost', '{ARGON2ID}$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$Kf3R0e5h4w6r2h7Qx0a0bA'],
    ['an argon2 hash that cannot be read', '{ARGON2ID}$argon2id$broken'],
    ['a PBKDF2 hash that cannot be read', '{PBKDF2}broken'],
    ['a scheme of the past', '{MD5-CRYPT}$1$abc$def'],
    ['nothing', ''],
  ] as const)
    it(`a verifier that is ${what} costs a default hash, as an unknown name does`, async () => {
      const { verify, counted } = counting()
      const { login } = door(directoryOf(await person('ann@example.org', RIGHT, { password })), {}, { verify })
      assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', 'not it')).kind, 'invalid')
      assert.equal(counted(), 1)
    })

  it('refusal_time: no refusal comes before it, and what is right does not wait', async () => {
    const ann = await person('ann@example.org', RIGHT)
    const { login } = door(directoryOf(ann), { main: { refusal_time: '300ms' } })
    const timed = async (user: string, password: string) => {
      const begun = performance.now()
      const { kind } = await login.attempt(peerAt('192.0.2.1'), user, password)
      return { kind, took: performance.now() - begun }
    }
    for (const user of [ann.name, 'nobody@example.org']) {
      const { kind, took } = await timed(user, 'not it')
      assert.equal(kind, 'invalid')
      assert.ok(took > 299, `${took} ms`)
    }
    assert.equal((await timed(ann.name, RIGHT)).kind, 'granted')
    const remembered = await timed(ann.name, RIGHT)
    assert.ok(remembered.took < 300, `${remembered.took} ms`)
  })

  it('SCRAM is not offered where a directory without keys decides, and asks none behind one that has them', async () => {
    const { asked, directory } = outside((name) => name.startsWith('ann@'))
    const store = directoryOf(...(await people()))
    const ldap = passwordsFrom(directory, store)
    for (const directories of [[ldap], [ldap, store]]) {
      const { login } = door(firstOf(directories))
      assert.deepEqual(
        login.mechanisms(peerAt('192.0.2.1')).filter((name) => name.startsWith('SCRAM')),
        [],
      )
      assert.equal(login.sasl(peerAt('192.0.2.1'), 'SCRAM-SHA-256'), undefined)
    }
    const { login } = door(firstOf([store, ldap]))
    asked.length = 0
    for (const user of NAMES) {
      const client = scramClient({ user, password: 'not it' })
      const exchange = login.sasl(peerAt('192.0.2.1'), 'SCRAM-SHA-256')
      const first = await exchange?.step(client.first())
      assert.equal(first?.kind, 'challenge')
      const last = first?.kind === 'challenge' && (await exchange?.step(client.final(first.octets.toString())))
      assert.deepEqual(last, { kind: 'done', answer: { kind: 'invalid' } })
    }
    assert.deepEqual(asked, [])
  })

  it('people of the store come in while a directory behind it is down; without an answer nobody else is refused as wrong', async () => {
    const down = async () => {
      throw new Error('down')
    }
    const store = directoryOf(...(await people()))
    const ldap = passwordsFrom({ lookup: down, pretend: down }, store)
    const { login } = door(firstOf([store, ldap]))
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'granted')
    assert.equal((await login.attempt(peerAt('192.0.2.1'), 'nobody@example.org', RIGHT)).kind, 'unavailable')
    const before = door(firstOf([ldap, store]))
    assert.equal((await before.login.attempt(peerAt('192.0.2.1'), 'ann@example.org', RIGHT)).kind, 'unavailable')
  })
})
