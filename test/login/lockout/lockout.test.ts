import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  type AttemptOutcome,
  type Bar,
  type Bucket,
  judge,
  judgeStrangers,
  type LockoutPolicy,
  learn,
  type Who,
} from '../../../lib/login/lockout/lockout'
import { networkOf } from '../../../lib/login/networks'
import { loginSettings } from '../../../lib/login/settings'

const POLICY = loginSettings({}).policy
const MINUTE = 60_000
const DAY = 86_400_000
const T0 = 1_800_000_000_000

/** What a driver does, without a driver. */
function notebook(policy: LockoutPolicy = POLICY) {
  const past = new Map<string, Bucket>()
  let serial = 0
  return {
    past,
    bar: (who: Who, now: number): Bar | undefined => judge(who, past, policy, now),
    /** @returns whether the attempt came in */
    attempt(who: Who, outcome: AttemptOutcome, now: number): boolean {
      const bar = judge(who, past, policy, now)
      for (const [key, bucket] of learn(who, past, outcome, policy, now).buckets) past.set(key, bucket)
      return outcome.kind === 'success' && bar === undefined
    },
    fail(who: Who, now: number, mark = `m${serial++}`): void {
      this.attempt(who, { kind: 'failure', mark }, now)
    },
  }
}

const owner: Who = { user: 'ann@example.org', address: '192.0.2.10' }

describe('lockout policy', () => {
  it('bars an account from a network after more than 3 failures, for 30 minutes, with the right password too', () => {
    const notes = notebook()
    for (let n = 0; n < 3; n++) notes.fail(owner, T0 + n)
    assert.equal(notes.bar(owner, T0 + 3), undefined)
    notes.fail(owner, T0 + 3)
    assert.equal(notes.bar(owner, T0 + 4)?.scope, 'account')
    assert.equal(notes.attempt(owner, { kind: 'success' }, T0 + 29 * MINUTE), false)
    assert.equal(notes.attempt(owner, { kind: 'success' }, T0 + 30 * MINUTE + 3), true)
  })

  it('does not bar the account for another network', () => {
    const notes = notebook()
    for (let n = 0; n < 9; n++) notes.fail({ ...owner, address: '198.51.100.1' }, T0 + n)
    assert.equal(notes.bar(owner, T0 + 10), undefined)
  })

  it('forgets consecutive failures at a success, but not that an old password was seen', () => {
    const notes = notebook()
    for (let n = 0; n < 3; n++) notes.fail(owner, T0 + n, `w${n}`)
    assert.ok(notes.attempt(owner, { kind: 'success' }, T0 + 4))
    for (let n = 0; n < 3; n++) notes.fail(owner, T0 + 5 + n, `w${n}`)
    notes.fail(owner, T0 + 9, 'new')
    assert.equal(notes.bar(owner, T0 + 10), undefined)
  })

  it('bars an address after 10 failures over all names, for 30 minutes', () => {
    const notes = notebook()
    const from = (n: number): Who => ({ user: `u${n}@example.org`, address: '198.51.100.7' })
    for (let n = 0; n < 9; n++) notes.fail(from(n), T0 + n)
    assert.equal(notes.bar(from(99), T0 + 20), undefined)
    notes.fail(from(9), T0 + 9)
    assert.equal(notes.bar(from(99), T0 + 20)?.scope, 'address')
    assert.equal(notes.bar(from(99), T0 + 30 * MINUTE + 9), undefined)
    assert.equal(notes.bar({ user: 'x@example.org', address: '198.51.100.8' }, T0 + 20), undefined)
  })

  it('bars IPv6 by /64 and /48 when an attacker changes its address each time', () => {
    const notes = notebook()
    for (let n = 0; n < 20; n++) notes.fail({ user: `u${n}@a`, address: `2001:db8:1:2::${n.toString(16)}` }, T0 + n)
    assert.equal(notes.bar({ user: 'x@a', address: '2001:db8:1:2:ffff::1' }, T0 + 30)?.subject, '2001:db8:1:2::/64')
    assert.equal(notes.bar({ user: 'x@a', address: '2001:db8:1:3::1' }, T0 + 30), undefined)
    for (let n = 0; n < 50; n++)
      notes.fail({ user: `u${n}@a`, address: `2001:db8:1:${(n + 16).toString(16)}::1` }, T0 + 50 + n)
    assert.equal(notes.bar({ user: 'x@a', address: '2001:db8:1:ffff::1' }, T0 + 120)?.subject, '2001:db8:1::/48')
  })

  it('an IPv4 address written as IPv6 is the same address', () => {
    const notes = notebook()
    for (let n = 0; n < 4; n++) notes.fail({ ...owner, address: '::ffff:192.0.2.10' }, T0 + n)
    assert.equal(notes.bar(owner, T0 + 5)?.scope, 'account')
  })

  it('lets known networks in only while one account is attacked from many networks', () => {
    const notes = notebook()
    assert.ok(notes.attempt(owner, { kind: 'success' }, T0))
    for (let n = 0; n < 25; n++) notes.fail({ user: owner.user, address: `203.0.${n}.1` }, T0 + MINUTE + n)
    assert.equal(notes.bar({ user: owner.user, address: '100.64.0.1' }, T0 + 2 * MINUTE)?.scope, 'spread')
    assert.equal(notes.bar(owner, T0 + 2 * MINUTE), undefined)
    assert.equal(notes.bar({ user: owner.user, address: '100.64.0.1' }, T0 + 62 * MINUTE), undefined)
  })

  it('never closes an account that no network is known of', () => {
    const notes = notebook()
    for (let n = 0; n < 200; n++) notes.fail({ user: owner.user, address: `203.${n}.1.1` }, T0 + n)
    assert.equal(notes.bar(owner, T0 + MINUTE), undefined)
  })

  it('catches slow guessing by the long rule', () => {
    const notes = notebook()
    const slow: Who = { user: owner.user, address: '198.51.100.9' }
    let guesses = 0
    for (let now = T0; now < T0 + 7 * DAY; now += 31 * MINUTE) {
      if (notes.bar(slow, now)) continue
      notes.fail(slow, now)
      guesses += 1
    }
    // Without the long rule there would be four guesses in each half-hour gap: about 170 in a week.
    assert.ok(guesses <= 110, `${guesses} guesses in a week`)
  })

  it('takes the SCRAM failure back when PLAIN shows that it was the old password again', () => {
    const notes = notebook()
    for (let n = 0; n < 10; n++) {
      const at = T0 + n * 5 * MINUTE
      notes.attempt(owner, { kind: 'failure' }, at)
      notes.attempt(owner, { kind: 'failure', mark: 'old', sameAs: at }, at + 50)
    }
    assert.equal(notes.bar(owner, T0 + 60 * MINUTE), undefined)
    const failures = [...notes.past.values()].map((bucket) => bucket.failures.length)
    assert.ok(failures.every((count) => count <= 1))
  })

  it('a network that names 50 unknown recipients in an hour is barred for an hour, but where an account is known', () => {
    const notes = notebook()
    const at = (address: string): Who => ({ user: '', address })
    const strangers = (who: Who, now: number) => judgeStrangers(who, notes.past, POLICY, now)
    const name = (n: number, now: number) =>
      notes.attempt(at('192.0.2.10'), { kind: 'stranger', mark: `name ${n}` }, now)
    assert.ok(notes.attempt(owner, { kind: 'success' }, T0))
    for (let n = 0; n < 49; n++) name(n, T0 + n)
    for (let n = 0; n < 100; n++) name(48, T0 + 50 + n)
    assert.equal(strangers(at('192.0.2.10'), T0 + 200), undefined, 'the same one counts once')
    name(49, T0 + 200)
    const bar = strangers(at('192.0.2.10'), T0 + 201)
    assert.equal(bar?.subject, '192.0.2.10')
    for (let n = 50; n < 300; n++) name(n, T0 + 201 + n)
    assert.deepEqual(strangers(at('192.0.2.10'), T0 + 600), bar, 'no longer for what comes while barred')
    assert.equal(notes.bar({ ...owner, user: 'bob@example.org' }, T0 + 300)?.scope, 'recipients')
    assert.equal(notes.bar(owner, T0 + 300), undefined, 'the owner was here before')
    assert.equal(strangers(at('192.0.2.11'), T0 + 300), undefined)
    assert.equal(strangers(at('192.0.2.10'), T0 + 61 * MINUTE), undefined)
  })

  it('failed logins keep no mail out, and unknown recipients are no failed logins', () => {
    const notes = notebook()
    for (let n = 0; n < 20; n++) notes.fail({ user: `u${n}@a`, address: '192.0.2.10' }, T0 + n)
    assert.equal(judgeStrangers({ user: '', address: '192.0.2.10' }, notes.past, POLICY, T0 + 30), undefined)
    for (let n = 0; n < 49; n++)
      notes.attempt({ user: '', address: '198.51.100.1' }, { kind: 'stranger', mark: `${n}` }, T0 + n)
    assert.equal(notes.bar({ user: 'ann@a', address: '198.51.100.1' }, T0 + 60), undefined)
  })

  it('bars nobody when it is switched off', () => {
    const notes = notebook({ ...POLICY, enabled: false })
    for (let n = 0; n < 100; n++) notes.fail(owner, T0 + n)
    assert.equal(notes.bar(owner, T0 + 101), undefined)
    assert.ok([...notes.past.values()].every(({ bar }) => bar === undefined))
  })

  const address = fc.oneof(
    fc.tuple(fc.nat(3), fc.nat(3)).map(([a, b]) => `198.51.${a}.${b}`),
    fc.tuple(fc.nat(2), fc.nat(2), fc.nat(2)).map(([a, b, c]) => `2001:db8:${a}:${b}::${c}`),
  )
  const event = fc.record({
    user: fc.constantFrom('ann@example.org', 'bob@example.org', 'nobody@example.org'),
    address,
    mark: fc.option(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), { nil: undefined }),
    good: fc.boolean(),
    wait: fc.constantFrom(1, 1000, MINUTE, 20 * MINUTE, 10 * 60 * MINUTE),
  })

  it('property: nobody is barred for ever, whatever happened', () => {
    const longest = Math.max(...[...POLICY.account, ...POLICY.address, POLICY.spread].map(({ bar }) => bar))
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150 }), (events) => {
        const notes = notebook()
        let now = T0
        for (const { user, address: from, mark, good, wait } of events) {
          now += wait
          notes.attempt({ user, address: from }, good ? { kind: 'success' } : { kind: 'failure', mark }, now)
          const bar = notes.bar({ user, address: from }, now)
          if (bar) assert.ok(bar.until > now && bar.until <= now + longest)
        }
        for (const { user, address: from } of events) {
          assert.equal(notes.bar({ user, address: from }, now + longest), undefined)
        }
      }),
      { numRuns: 200 },
    )
  })

  it('further failures while barred, of the account or its address, do not lengthen a bar or begin another', () => {
    const notes = notebook()
    for (let n = 0; n < 4; n++) notes.fail(owner, T0 + n)
    const bar = notes.bar(owner, T0 + 5)
    for (let n = 0; n < 100; n++) notes.fail(owner, T0 + 10 + n)
    assert.deepEqual(notes.bar(owner, T0 + 200), bar)
    assert.equal(notes.bar({ ...owner, user: 'bob@example.org' }, T0 + 200), undefined)
    const from = (n: number): Who => ({ user: `u${n}@example.org`, address: '198.51.100.7' })
    for (let n = 0; n < 10; n++) notes.fail(from(n), T0 + n)
    const wide = notes.bar(from(0), T0 + 20)
    for (let n = 0; n < 100; n++) notes.fail(from(n), T0 + 20 + n)
    assert.deepEqual(notes.bar(from(0), T0 + 200), wide)
  })

  it('what was tried while barred is no old password afterwards', () => {
    const notes = notebook()
    for (let n = 0; n < 4; n++) notes.fail(owner, T0 + n)
    for (let n = 0; n < 16; n++) notes.fail(owner, T0 + 10 + n, `guess ${n}`)
    const later = T0 + 31 * MINUTE
    for (let n = 0; n < 4; n++) notes.fail(owner, later + n, `guess ${n}`)
    assert.equal(notes.bar(owner, later + 5)?.scope, 'account')
  })

  it('an incomplete login (the code is missing) is barred like any other, and neither counts nor ends the count', () => {
    const notes = notebook()
    for (let n = 0; n < 3; n++) {
      notes.fail(owner, T0 + n)
      assert.equal(learn(owner, notes.past, { kind: 'incomplete' }, POLICY, T0 + n).buckets.size, 0)
    }
    notes.fail(owner, T0 + 4)
    const written = learn(owner, notes.past, { kind: 'incomplete' }, POLICY, T0 + 5).buckets
    assert.deepEqual([...written.keys()].sort(), [...notes.past.keys()].sort(), 'as much is written as for a wrong one')
    assert.equal(notes.bar(owner, T0 + 5)?.scope, 'account')
  })

  for (const [what, jump] of [
    ['a year', 365 * DAY],
    ['an hour', 60 * MINUTE],
    ['a second', 1000],
  ] as const)
    it(`clock jumps: after a clock that was ${what} ahead bars end, and failures count again`, () => {
      const notes = notebook()
      const wrongTime = T0 + jump
      for (let n = 0; n < 4; n++) notes.fail(owner, wrongTime + n)
      assert.ok(notes.bar(owner, wrongTime + 5))
      notes.fail(owner, T0)
      assert.equal(notes.bar(owner, T0 + 61 * MINUTE), undefined, 'twice the length of the bar at most')
      const now = T0 + 62 * MINUTE
      for (let n = 0; n < 4; n++) notes.fail(owner, now + n)
      assert.ok(notes.bar(owner, now + 5), 'guesses are counted by the clock as it is')
      assert.ok(notes.attempt(owner, { kind: 'success' }, now + 31 * MINUTE))
    })

  it('property: a failure while barred never moves the end of the bar', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 150 }), (events) => {
        const notes = notebook()
        let now = T0
        for (const { user, address: from, mark, good, wait } of events) {
          now += Math.min(wait, 10 * MINUTE)
          const who = { user, address: from }
          const before = notes.bar(who, now)
          if (good) notes.attempt(who, { kind: 'success' }, now)
          else notes.fail(who, now, mark)
          if (before) assert.deepEqual(notes.bar(who, now), before)
        }
      }),
      { numRuns: 300 },
    )
  })

  it('property: an attacker from other networks never keeps the owner out of a known network', () => {
    fc.assert(
      fc.property(fc.array(event, { maxLength: 300 }), (events) => {
        const notes = notebook()
        assert.ok(notes.attempt(owner, { kind: 'success' }, T0))
        let now = T0
        for (const { user, address: from, mark, wait } of events) {
          now += Math.min(wait, MINUTE)
          if (networkOf(from) !== networkOf(owner.address))
            notes.attempt({ user, address: from }, { kind: 'failure', mark }, now)
          assert.equal(notes.bar(owner, now), undefined)
        }
      }),
      { numRuns: 100 },
    )
  })

  it('property: the same wrong password from one network counts once', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 200 }), (marks) => {
        const notes = notebook()
        marks.forEach((mark, n) => {
          notes.fail(owner, T0 + n * 1000, mark)
        })
        assert.equal(notes.bar(owner, T0 + marks.length * 1000), undefined)
      }),
    )
  })

  it('property: what is remembered of one bucket is bounded', () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 50, maxLength: 400 }), (events) => {
        const notes = notebook()
        events.forEach(({ user, address: from }, n) => {
          notes.fail({ user, address: from }, T0 + n)
        })
        for (const bucket of notes.past.values()) {
          assert.ok(bucket.marks.length <= 16 && bucket.failing.length <= 32 && bucket.good.length <= 32)
          assert.ok(bucket.failures.length <= 500)
        }
      }),
      { numRuns: 20 },
    )
  })
})
