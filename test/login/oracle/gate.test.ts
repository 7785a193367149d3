import assert from 'node:assert/strict'
import { hashAppPassword } from '../../../lib/login/passwords/app-passwords'
import { fractionsFrom, SEED } from '../../random'
import { directoryOf, door, peerAt, person } from '../room'
import { address, REFUSALS, type Refusal, RIGHT, WRONG } from './classes'
import { hashFloor, judged } from './gate'
import type { Step } from './mechanisms'
import { compare } from './statistics'

const FAILED = 'a NO [AUTHENTICATIONFAILED] Authentication failed.'
type Ask = (refusal: Refusal) => Promise<readonly Step[]>

/** All classes of refusals of one login in this process, each from an address of its own. */
async function sound(): Promise<Ask> {
  const at = (user: string): string => `${user}@example.org`
  const people = directoryOf(
    await person(at('alice'), RIGHT),
    await person(at('caro1'), RIGHT, { disabled: true }),
    await person(at('dave1'), RIGHT, { protocols: ['http'] }),
    await person(at('cheap'), RIGHT, { password: hashAppPassword(RIGHT) }),
  )
  const { login, attempts, clock } = door(people)
  let asked = 0
  return async (refusal) => {
    asked += 1
    const from = `10.${asked >> 8}.${asked & 255}.1`
    const fail = (user: string, n: number) =>
      attempts.record({ user, address: from }, { kind: 'failure', mark: `before ${n}` }, clock.now())
    for (let n = 0; n < refusal.own; n++) await fail(address(refusal), n)
    for (let n = 0; n < refusal.others; n++) await fail(`other${n}@example.org`, n)
    const begun = performance.now()
    const { kind } = await login.attempt(peerAt(from), address(refusal), refusal.right ? RIGHT : WRONG)
    const took = (performance.now() - begun) * 1000
    return [{ text: kind === 'invalid' ? FAILED : kind, records: [FAILED.length], took }]
  }
}

/** A login with a fault: one class is answered otherwise. */
const faulty =
  (ask: Ask, matches: (refusal: Refusal) => boolean, answer: (right: Step) => Step): Ask =>
  async (refusal) =>
    matches(refusal) ? (await ask(refusal)).map(answer) : ask(refusal)

/** What would be the use of a gate that lets everything pass. */
describe('the gate that nobody tells refusals apart', function () {
  this.timeout(120_000)
  let ask: Ask
  let hash: number
  before(async () => {
    ask = await sound()
    hash = await hashFloor()
  })

  it('passes a login that does the same for all', async () => {
    const { answers, alike, times } = await judged(REFUSALS, ask, { hash })
    assert.deepEqual(
      [...answers].map(([said, names]) => [JSON.parse(said)[0][0], names.size]),
      [[FAILED, Object.keys(REFUSALS).length]],
    )
    assert.ok(alike, JSON.stringify([...times]))
  })

  const isUnknown = ({ user }: Refusal): boolean => user === 'nobod'

  it('finds unknown users that skip the hash', async () => {
    const quick: Ask = async (refusal) =>
      isUnknown(refusal) ? [{ text: FAILED, records: [FAILED.length], took: 300 }] : ask(refusal)
    const { answers, alike } = await judged(REFUSALS, quick, { hash: Math.min(hash, await hashFloor()), most: 5 })
    assert.equal(answers.size, 1)
    assert.equal(alike, false)
  })

  it('finds barred accounts that are refused unlooked, and nobody else', async () => {
    const barred = ({ own }: Refusal): boolean => own === 4
    const unlooked: Ask = async (refusal) =>
      barred(refusal) ? [{ text: FAILED, records: [FAILED.length], took: 500 }] : ask(refusal)
    assert.equal((await judged(REFUSALS, unlooked, { hash, most: 5 })).alike, false)
  })

  for (const [what, change] of [
    ['a byte of the text', (step: Step): Step => ({ ...step, text: `${step.text.slice(0, -1)}!` })],
    ['one byte less', (step: Step): Step => ({ ...step, text: step.text.slice(0, -1) })],
    ['the length of a TLS record', (step: Step): Step => ({ ...step, records: [FAILED.length + 1] })],
    ['a TLS record more', (step: Step): Step => ({ ...step, records: [...step.records, 24] })],
  ] as const)
    it(`finds the one class that differs in ${what}`, async () => {
      const { answers } = await judged(
        REFUSALS,
        faulty(ask, ({ user }) => user === 'caro1', change),
        { hash, most: 3 },
      )
      assert.deepEqual(
        [...answers.values()].find((names) => names.size === 1),
        new Set(['disabled']),
      )
      assert.equal(answers.size, 2)
    })

  /** Times as a server's are: a floor, a tail, and now and then a pause of the machine. */
  function times(seed: number, shift: (name: string) => number): Map<string, number[]> {
    const next = fractionsFrom(seed)
    const time = (by: number): number =>
      20_000 + by - 800 * Math.log(1 - next()) + (next() < 0.02 ? 50_000 * next() : 0)
    return new Map(Object.keys(REFUSALS).map((name) => [name, Array.from({ length: 1000 }, () => time(shift(name)))]))
  }

  it(`the long form's statistics find one class that is 300 of 20,000 us faster, and none among equals (seed ${SEED})`, () => {
    const { worst, pair } = compare(times(SEED, (name) => (name === 'unknown' ? -300 : 0)))
    assert.ok(worst > 4.5, `${worst}`)
    assert.ok(pair.includes('unknown'), pair.join())
    const equal = compare(times(SEED, () => 0))
    assert.ok(equal.worst < 5.5, `${equal.worst}: ${equal.pair.join()}`)
  })
})
