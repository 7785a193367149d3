import assert from 'node:assert/strict'
import { createNotices, type Notice } from '../../../lib/login/notices'
import { loginSettings } from '../../../lib/login/settings'
import { directoryOf, door, peerAt, person, testClock } from '../room'

const ANN = 'ann@example.org'
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

async function house(notify: Record<string, string>) {
  const sent: Notice[] = []
  const clock = testClock()
  const directory = directoryOf(await person(ANN, 'right'))
  const tell = createNotices({
    settings: loginSettings({ notify }).notify,
    from: 'postmaster@mail.example.org',
    isAccount: async (user) => (await directory.lookup(user)) !== undefined,
    send: async (notice) => {
      sent.push(notice)
    },
    now: clock.now,
  })
  const { login } = door(directory, {}, { tell, clock })
  const fail = async (user: string, address: string, count: number): Promise<void> => {
    for (let n = 0; n < count; n++) await login.attempt(peerAt(address), user, `wrong ${n} ${clock.now()}`)
    await settled()
  }
  return { sent, clock, fail }
}

describe('notices', () => {
  it('tell the owner and the administrator of a bar, each once in the time set', async () => {
    const { sent, clock, fail } = await house({ owner: 'true', admin: 'root@example.org' })
    await fail(ANN, '192.0.2.1', 4)
    assert.deepEqual(
      sent.map(({ from, to }) => [from, to]),
      [
        ['postmaster@mail.example.org', 'root@example.org'],
        ['postmaster@mail.example.org', ANN],
      ],
    )
    assert.match(sent[1]?.text ?? '', /4 times from 192\.0\.2\.1 \(imap\)/)
    clock.pass(31 * 60_000)
    await fail(ANN, '192.0.2.1', 4)
    await fail(ANN, '198.51.100.1', 4)
    // The administrator hears of the other network; the owner heard of an attack already.
    assert.deepEqual(
      sent.slice(2).map(({ to }) => to),
      ['root@example.org'],
    )
    clock.pass(6 * 3_600_000)
    await fail(ANN, '192.0.2.1', 4)
    assert.equal(sent.length, 5)
  })

  it('go to nobody who is not an account, and to nobody by default', async () => {
    const owners = await house({ owner: 'true' })
    await owners.fail('victim@elsewhere.example', '192.0.2.1', 10)
    assert.deepEqual(owners.sent, [])
    const silent = await house({})
    await silent.fail(ANN, '192.0.2.1', 10)
    assert.deepEqual(silent.sent, [])
  })
})
