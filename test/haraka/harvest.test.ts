import assert from 'node:assert/strict'
import { createHarvestGuard } from '../../lib/haraka/deliver/harvest'
import type { Connection } from '../../lib/haraka/host'
import { directoryOf, door } from '../login/room'

const connectionAt = (ip: string, relaying = false): Connection => ({
  uuid: `C${Math.random()}`,
  transaction: null,
  relaying,
  remote: { ip },
  notes: {},
})

describe('unknown recipients', () => {
  const guard = (ini = {}) => {
    const { login, attempts, clock, log } = door(directoryOf(), ini)
    return { ...createHarvestGuard(() => login.strangers), attempts, clock, log }
  }
  /** @returns how many unknown names the connection could ask for, of at most 100 */
  async function harvest({ admits, unknown }: ReturnType<typeof guard>, connection: Connection, from = 0) {
    for (let n = 0; n < 100; n++) {
      if (!(await admits(connection))) return n
      await unknown(connection, `name${from + n}@example.org`)
    }
    return 100
  }

  it('end a connection after ten, and bar its network for all connections after fifty', async () => {
    const one = guard()
    for (let n = 0; n < 5; n++) assert.equal(await harvest(one, connectionAt('192.0.2.1'), 100 * n), 10)
    assert.equal(await harvest(one, connectionAt('192.0.2.1'), 900), 0)
    assert.equal(await one.admits(connectionAt('192.0.2.2')), true)
    const [bar, ...more] = await one.attempts.list(one.clock.now())
    assert.deepEqual([bar?.scope, bar?.subject, more.length], ['recipients', '192.0.2.1', 0])
    assert.equal((await one.attempts.trail({ limit: 100 })).length, 1)
    one.clock.pass(bar ? bar.until - one.clock.now() : 0)
    assert.equal(await one.admits(connectionAt('192.0.2.1')), true)
  })

  it('IPv6: by /64', async () => {
    const one = guard()
    for (let n = 0; n < 5; n++) await harvest(one, connectionAt(`2001:db8::${n}`), 100 * n)
    assert.equal(await one.admits(connectionAt('2001:db8::ffff')), false)
  })

  it('are not counted of never_bar, trusted front-ends, senders who logged in, and without the line mailbox/login', async () => {
    const spared = guard({
      lockout: { never_bar: '192.0.2.0/24', recipients_connection: '0' },
      main: { trusted_proxies: '198.51.100.1' },
    })
    for (const ip of ['192.0.2.1', '198.51.100.1']) assert.equal(await harvest(spared, connectionAt(ip)), 100)
    assert.equal(await harvest(guard(), connectionAt('203.0.113.1', true)), 100)
    const without = createHarvestGuard(() => undefined)
    assert.equal(await without.admits(connectionAt('203.0.113.1')), true)
    assert.deepEqual(await spared.attempts.list(spared.clock.now()), [])
  })

  it('mail goes on while they cannot be counted', async () => {
    const down = async () => {
      throw new Error('no answer')
    }
    const { login } = door(
      directoryOf(),
      {},
      { attempts: { ...door(directoryOf()).attempts, judge: down, record: down } },
    )
    const { admits, unknown } = createHarvestGuard(() => login.strangers)
    const connection = connectionAt('192.0.2.1')
    assert.equal(await admits(connection), true)
    await unknown(connection, 'nobody@example.org')
    assert.equal(await admits(connection), true)
  })
})
