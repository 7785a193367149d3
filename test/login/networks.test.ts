import assert from 'node:assert/strict'
import { networkList } from '../../lib/login/networks'

describe('networks', () => {
  for (const [word, inside, outside] of [
    ['192.0.2.0/24', '192.0.2.9', '192.0.3.9'],
    ['192.0.2.0/24', '::ffff:192.0.2.9', '::ffff:192.0.3.9'],
    ['::ffff:192.0.2.0/120', '192.0.2.9', '192.0.3.9'],
    ['::ffff:0:0/96', '192.0.2.9', '2001:db8::1'],
    ['::ffff:192.0.2.1', '192.0.2.1', '192.0.2.2'],
    ['2001:db8::/32', '2001:db8::1', '2001:db9::1'],
    ['loopback', '::ffff:127.0.0.1', '192.0.2.1'],
  ] as const)
    it(`${word} has ${inside} and not ${outside}`, () => {
      const within = networkList([word])
      assert.equal(within(inside), true)
      assert.equal(within(outside), false)
    })

  for (const word of ['', '10', '127.1', '127.1/8', '010.0.0.1', '0x7f.1', '10.0.0.0/33', 'constructor', '__proto__'])
    it(`${JSON.stringify(word)} is none`, () => {
      assert.throws(() => networkList([word]), new RangeError(`${word} is no address or network`))
    })
})
