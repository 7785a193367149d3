import assert from 'node:assert/strict'
import { type Defines, spinOrSkip, verify } from './spin'

/** `test/locks/model/locks.pml` has the properties. All states within these bounds are looked at. */
const SOUND: readonly Defines[] = [
  { N: 3, FAULTS: 1 },
  { N: 2, LIVE: true, FAULTS: 2 },
]
const SOUND_LONG: readonly Defines[] = [
  { N: 2, ROUNDS: 2, FAULTS: 3 },
  { N: 3, FAULTS: 2 },
  { N: 3, LIVE: true, FAULTS: 2 },
]

interface Planted {
  readonly fault: string
  readonly with: Defines
  /** the property that finds it, as SPIN says it */
  readonly found: RegExp
}
const BOTH_SURE = /sure\[a\]&&sure\[i\]/
const PLANTED: readonly Planted[] = [
  { fault: 'NO_FENCE', with: { N: 2 }, found: /mine\[a\]<mine\[i\]/ },
  { fault: 'NO_PURGE', with: { N: 2, LIVE: true, FAULTS: 1 }, found: /acceptance cycle/ },
]
const PLANTED_LONG: readonly Planted[] = [
  { fault: 'FENCE_RESETS', with: { N: 2 }, found: /last>highest/ },
  { fault: 'NO_WAKE', with: { N: 2 }, found: /blocked/ },
  { fault: 'EARLY_EXPIRY', with: { N: 2 }, found: BOTH_SURE },
  { fault: 'UNCHECKED_WAKE', with: { N: 2, ROUNDS: 2 }, found: BOTH_SURE },
  { fault: 'JUMP_QUEUE', with: { N: 3 }, found: /wantX\[queue\[a\]\]/ },
]
const textOf = (all: Defines): string =>
  Object.entries(all)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join(' ')

describe('the model of the lock', function () {
  this.timeout(process.env.MAILBOX_LONG ? 3_600_000 : 120_000)
  before(function () {
    if (!spinOrSkip()) this.skip()
  })
  const long = process.env.MAILBOX_LONG !== undefined

  for (const bounds of long ? [...SOUND, ...SOUND_LONG] : SOUND)
    it(`has its properties in every state: ${textOf(bounds)}`, async () => {
      const { violated, states, seconds } = await verify(bounds)
      assert.equal(violated, undefined)
      assert.ok(states > 10_000, `${states} states`)
      console.log(`      ${states} states, ${seconds} s`)
    })

  for (const { fault, with: bounds, found } of long ? [...PLANTED, ...PLANTED_LONG] : PLANTED)
    it(`finds a fault that is planted: ${fault}`, async () => {
      const { violated } = await verify({ ...bounds, [fault]: true })
      assert.match(violated ?? 'nothing', found)
    })
})
