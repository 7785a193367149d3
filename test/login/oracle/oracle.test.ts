import assert from 'node:assert/strict'
import { installed } from '../../e2e/demo'
import { givenUp, PROTOCOLS, WAYS } from './ask'
import { type Oracle, startOracle } from './server'
import { shuffled } from './statistics'

const ROUNDS = 3
const MOST_ROUNDS = 40

/**
 * Whether the fastest answer of each class takes about as long: a refusal that leaves a hash out is 20 ms and 5 to 20 times faster. A
 * loaded machine makes answers slower, never faster, so that more rounds bring equal classes together and unequal ones do not.
 */
function alike(times: ReadonlyMap<string, readonly number[]>): boolean {
  const floors = [...times.values()].map((values) => Math.min(...values))
  const [fastest, slowest] = [Math.min(...floors), Math.max(...floors)]
  return slowest < 3 * fastest || slowest - fastest < 5000
}

/**
 * Nothing but "invalid credentials", asked from outside: the octets, the lengths of the TLS records, the number of tries and the end of
 * the connection exactly, the time with a wide bound. `npm run test:oracle` asks thousands of times and compares times closely.
 */
describe('nobody can tell refusals apart', function () {
  this.timeout(300_000)
  let oracle: Oracle
  before(async function () {
    if (!installed('openssl')) return this.skip()
    oracle = await startOracle()
  })
  after(() => oracle?.stop())

  for (const protocol of PROTOCOLS)
    it(`${protocol.name}: exchanges that are given up are tries: the connection ends`, async () => {
      assert.equal(await givenUp(oracle, protocol), protocol.name === 'SMTP' ? 5 : 3)
    })

  for (const way of WAYS) {
    it(`${way.name}: one answer for every reason, in as many records, after about the same time`, async () => {
      const answers = new Map<string, string[]>()
      const times = new Map(Object.keys(way.refusals).map((name): [string, number[]] => [name, []]))
      for (let round = 0; round < ROUNDS || (round < MOST_ROUNDS && !alike(times)); round++)
        for (const [name, refusal] of shuffled(Object.entries(way.refusals))) {
          const steps = await way.once(oracle, refusal)
          const said = JSON.stringify(steps.map(({ text, records }) => [text, records]))
          answers.set(said, [...(answers.get(said) ?? []), name])
          times.get(name)?.push(steps.at(-1)?.took ?? 0)
        }
      const told = [...answers].map(([said, names]) => `${said}: ${[...new Set(names)].join()}`)
      assert.equal(answers.size, 1, told.join('\n'))
      assert.match(told[0] ?? '', /Authentication failed/)
      assert.ok(alike(times), JSON.stringify([...times]))
    })

    const { untilEnd } = way
    if (untilEnd)
      it(`${way.name}: as many tries until the connection ends, in the same way`, async () => {
        const heard = new Map<string, string>()
        for (const [name, refusal] of Object.entries(way.refusals)) heard.set(await untilEnd(oracle, refusal), name)
        assert.equal(heard.size, 1, [...heard].map(([said, name]) => `${name}: ${said}`).join('\n'))
        assert.match([...heard.keys()][0] ?? '', / closed$/, 'it ends within ten tries')
      })
  }
})
