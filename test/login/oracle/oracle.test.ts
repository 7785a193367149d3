import assert from 'node:assert/strict'
import { installed } from '../../e2e/demo'
import { givenUp, PROTOCOLS, WAYS } from './ask'
import { hashFloor, judged } from './gate'
import { type Oracle, startOracle } from './server'

/** Tries are counted by the protocol, whatever the reason: one of each kind is enough here. */
const FEW = ['wrong', 'unknown', 'barred account, right', 'disabled']

/**
 * Nothing but "invalid credentials", asked from outside: the octets, the lengths of the TLS records, the number of tries and the end of
 * the connection exactly, the time with a wide bound. `npm run test:oracle` asks thousands of times and compares times closely.
 */
describe('nobody can tell refusals apart', function () {
  this.timeout(300_000)
  let oracle: Oracle
  let hash: number
  before(async function () {
    if (!installed('openssl')) return this.skip()
    oracle = await startOracle()
    hash = await hashFloor()
  })
  after(() => oracle?.stop())

  for (const protocol of PROTOCOLS)
    it(`${protocol.name}: exchanges that are given up are tries: the connection ends`, async () => {
      assert.equal(await givenUp(oracle, protocol), protocol.name === 'SMTP' ? 5 : 3)
    })

  for (const way of WAYS) {
    it(`${way.name}: one answer for every reason, in as many records, after about the same time`, async () => {
      const { answers, alike, times } = await judged(way.refusals, (refusal) => way.once(oracle, refusal), { hash })
      const told = [...answers].map(([said, names]) => `${said}: ${[...names].join()}`)
      assert.equal(answers.size, 1, told.join('\n'))
      assert.match(told[0] ?? '', /Authentication failed/)
      assert.ok(alike, JSON.stringify([...times]))
    })

    const { untilEnd } = way
    if (untilEnd)
      it(`${way.name}: as many tries until the connection ends, in the same way`, async () => {
        const heard = new Map<string, string>()
        for (const [name, refusal] of Object.entries(way.refusals))
          if (FEW.includes(name)) heard.set(await untilEnd(oracle, refusal), name)
        assert.equal(heard.size, 1, [...heard].map(([said, name]) => `${name}: ${said}`).join('\n'))
        assert.match([...heard.keys()][0] ?? '', / closed$/, 'it ends within ten tries')
      })
  }
})
