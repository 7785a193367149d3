import assert from 'node:assert/strict'
import type { LoginPeer } from '../../../lib/login/login'
import { newAppPassword } from '../../../lib/login/passwords/app-passwords'
import { directoryOf, door, peerAt, person, testClock } from '../room'

const RIGHT = 'correct horse'
const ANN = 'ann@example.org'

describe('app passwords', () => {
  it('an app password opens from its networks, and until it ends', async () => {
    const { password, verifier, tag } = newAppPassword()
    const clock = testClock()
    const limits = { networks: ['192.0.2.0/24', '2001:db8::/32'], expiresAt: clock.now() + 60_000 }
    const app = { id: 'one', tag, password: verifier, protocols: [], ...limits }
    const login = door(directoryOf(await person(ANN, RIGHT, { appPasswords: [app] })), {}, { clock }).login
    const answerAt = async (address: string) => (await login.attempt(peerAt(address), ANN, password)).kind
    assert.equal(await answerAt('192.0.2.7'), 'granted')
    assert.equal(await answerAt('198.51.100.7'), 'invalid', 'remembered, but not from there')
    assert.equal(await answerAt('2001:db8::7'), 'granted')
    clock.pass(60_000)
    assert.equal(await answerAt('192.0.2.7'), 'invalid', 'remembered, but its time is over')
  })

  it('says which app password was used, from where, and nothing of the own one', async () => {
    const { password, verifier, tag } = newAppPassword()
    const app = { id: 'one', tag, password: verifier, protocols: [] }
    const uses: unknown[] = []
    const { login } = door(
      directoryOf(await person(ANN, RIGHT, { appPasswords: [app] })),
      {},
      {
        used: async (_account, id, { address, protocol }) => void uses.push([id, protocol, address]),
      },
    )
    await login.attempt(peerAt('192.0.2.1'), ANN, RIGHT)
    await login.attempt(peerAt('192.0.2.1', { protocol: 'pop3' }), ANN, password)
    await login.attempt(peerAt('192.0.2.1'), ANN, 'wrong')
    assert.deepEqual(uses, [['one', 'pop3', '192.0.2.1']])
  })

  it('where only app passwords open, the own one opens the web and nothing else', async () => {
    const { password, verifier, tag } = newAppPassword()
    const app = { id: 'one', tag, password: verifier, protocols: [] }
    const people = directoryOf(
      await person(ANN, RIGHT, { appPasswords: [app] }),
      await person('bob@example.org', RIGHT, { overrides: { 'login.app_passwords': 'any' } }),
      await person('eve@example.com', RIGHT, { overrides: { 'login.app_passwords': 'only' } }),
    )
    const { login, log } = door(people, { main: { only_app_passwords: 'example.org' } })
    const answer = async (user: string, typed: string, protocol: LoginPeer['protocol'] = 'imap') =>
      (await login.attempt(peerAt('192.0.2.1', { protocol }), user, typed)).kind
    assert.equal(await answer(ANN, RIGHT, 'http'), 'granted')
    for (const protocol of ['imap', 'pop3', 'smtp', 'sieve'] as const) {
      assert.equal(await answer(ANN, RIGHT, protocol), 'invalid', protocol)
      assert.equal(await answer(ANN, password, protocol), 'granted', protocol)
    }
    assert.equal(await answer('bob@example.org', RIGHT), 'granted')
    assert.equal(await answer('eve@example.com', RIGHT), 'invalid')
    assert.ok(log.lines.some((line) => line.includes('app-password-needed')))
  })
})
