import { networkOf } from '../networks'
import { type Bucket, type BucketPlace, inForce, type Who, within } from './bucket'
import type { LockoutPolicy } from './policy'
import { applyRule, rulesOf } from './rules'

/** What one attempt makes of one bucket. */

const MARKS = 16
const NETWORKS = 32

/** Remembers a wrong credential, or a recipient that nobody has. */
export const marked = (bucket: Bucket, mark: string | undefined): Bucket =>
  (bucket.scope === 'account' || bucket.scope === 'recipients') && mark !== undefined
    ? { ...bucket, marks: [...bucket.marks, mark].slice(-MARKS) }
    : bucket

/** Takes back the failure of that time, and the bar that it began. */
export function uncounted(bucket: Bucket, at: number): Bucket {
  const index = bucket.failures.lastIndexOf(at)
  if (index < 0) return bucket
  const failures = bucket.failures.filter((_, place) => place !== index)
  return bucket.bar?.since === at ? { ...bucket, failures, bar: undefined, paid: [0, 0] } : { ...bucket, failures }
}

/** The same bucket where a success is no news: most logins are of clients that were here a minute ago. */
export function afterSuccess(bucket: Bucket, who: Who, policy: LockoutPolicy, now: number): Bucket {
  const { good, network } = bucket
  const fresh = (where: string): boolean =>
    good.some(([known, at]) => known === where && within(renewal(policy), at, now))
  switch (bucket.scope) {
    case 'account':
      // Consecutive failures end here; the marks stay, so that a phone with an old password beside it still counts once.
      return bucket.failures.length === 0 ? bucket : { ...bucket, failures: [], paid: [0, 0] }
    case 'address':
      return fresh(network) ? bucket : { ...bucket, good: [[network, now]] }
    case 'spread': {
      const own = networkOf(who.address)
      return fresh(own) ? bucket : { ...bucket, good: seen(good, own, now, policy.knownFor) }
    }
    case 'recipients':
      return bucket
  }
}

/** How old the note of a good network may be before a success renews it. */
const renewal = ({ knownFor }: LockoutPolicy): number => Math.min(knownFor / 100, 3_600_000)

function seen(
  list: readonly (readonly [string, number])[],
  network: string,
  now: number,
  keep: number,
): readonly (readonly [string, number])[] {
  const others = list.filter(([other, at]) => other !== network && within(keep, at, now))
  return [...others.slice(1 - NETWORKS), [network, now]]
}

export function afterFailure(
  bucket: Bucket,
  place: BucketPlace,
  who: Who,
  mark: string | undefined,
  policy: LockoutPolicy,
  now: number,
): Bucket {
  const rules = rulesOf(place, bucket, policy, now)
  const longest = Math.max(policy.spread.window, ...rules.map(({ window }) => window))
  const most = Math.max(policy.spread.failures, ...rules.map(({ failures }) => failures))
  const failures = [...bucket.failures.filter((at) => within(longest, at, now)), now].slice(-most)
  const failing =
    place.scope === 'spread' ? seen(bucket.failing, networkOf(who.address), now, policy.spread.window) : bucket.failing
  // One that is over goes, so that a clock that comes to its time again does not find it.
  const bar = bucket.bar && inForce(bucket.bar, now) ? bucket.bar : undefined
  const next: Bucket = { ...marked(bucket, mark), bar, failures, failing }
  if (place.scope === 'spread' && failing.length < policy.spreadNetworks) return next
  return rules.reduce((so, rule, index) => applyRule(so, rule, index === 0 ? 0 : 1, now), next)
}
