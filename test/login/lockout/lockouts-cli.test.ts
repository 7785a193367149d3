import assert from 'node:assert/strict'
import { Option } from 'commander'
import { lockoutsCommand } from '../../../lib/cli/watch/lockouts'
import { directoryOf, door, peerAt, person } from '../room'

const ANN = 'ann@example.org'

async function shell() {
  const directory = directoryOf(await person(ANN, 'right'))
  const { login, attempts, settings, clock } = door(directory, { lockout: { never_bar: 'loopback' } })
  const run = async (...words: string[]): Promise<string> => {
    const lines: string[] = []
    await lockoutsCommand({
      homeOption: () => new Option('--home <dir>').default('.'),
      open: async () => ({ attempts, directory, settings, close: async () => undefined }),
      print: (line) => lines.push(line),
      now: clock.now,
    }).parseAsync(words, { from: 'user' })
    return lines.join('\n')
  }
  const fail = async (count: number, address = '192.0.2.1'): Promise<void> => {
    for (let n = 0; n < count; n++) await login.attempt(peerAt(address), ANN, `wrong ${n}`)
  }
  return { run, fail, login, clock }
}

describe('haraka-mailbox lockouts', () => {
  it('lists, explains and clears; the owner comes in at the next attempt', async () => {
    const { run, fail, login } = await shell()
    assert.equal(await run('list'), 'nobody is locked out')
    await fail(4)
    assert.match(await run('list'), /^account {2}ann@example\.org from 192\.0\.2\.1: 4 failures within 24 h, since /)
    const why = await run('explain', 'Ann@example.org', '192.0.2.1')
    assert.match(why, /refused, with a correct password too\n {2}locked out \(account\)/)
    assert.match(why, /192\.0\.2\.1: 4 of 10 failures within 30 min/)
    assert.match(why, /wrong-password/)
    assert.match(await run('explain', ANN, '192.0.2.9'), /a correct password would be accepted/)
    assert.match(await run('explain', 'who@example.org', '192.0.2.9'), /there is no such account/)
    assert.match(await run('explain', ANN, '127.0.0.1'), /this address is never locked out/)
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'right')).kind, 'invalid')
    assert.match(await run('clear', ANN), /^cleared \(\d records\)$/)
    assert.equal((await login.attempt(peerAt('192.0.2.1'), ANN, 'right')).kind, 'granted')
    assert.equal(await run('clear', 'nobody@example.org'), 'there was nothing to clear')
  })

  it('clears everything only when told so', async () => {
    const { run, fail } = await shell()
    await fail(4)
    await fail(4, '192.0.2.2')
    await assert.rejects(run('clear'), /specify a user/)
    assert.equal(JSON.parse(await run('list', '--json')).length, 2)
    await run('clear', '--all')
    assert.equal(await run('list'), 'nobody is locked out')
  })

  it('shows the trail', async () => {
    const { run, fail } = await shell()
    await fail(2)
    assert.match(
      await run('trail', ANN),
      /refused {5}wrong-password {7}ann@example\.org from 192\.0\.2\.1 \(imap PASSWORD\)/,
    )
    assert.equal(await run('trail', '192.0.2.77'), 'no attempts')
    assert.equal(JSON.parse(await run('trail', '--json', '--limit', '1')).length, 1)
  })
})
