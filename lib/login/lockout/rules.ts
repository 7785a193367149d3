import { type Bar, type Bucket, type BucketPlace, within } from './bucket'
import type { LockoutPolicy, Rule } from './policy'

/** a bucket remembers so many failures at most, whatever the settings multiply to */
const MOST_FAILURES = 1000

/** What a bucket is measured by now. */
export function rulesOf(place: BucketPlace, bucket: Bucket, policy: LockoutPolicy, now: number): readonly Rule[] {
  if (!policy.enabled) return []
  const good = bucket.good.some(([, at]) => within(policy.knownFor, at, now))
  switch (place.scope) {
    case 'account':
      // Wrong tokens, and names that nobody can have, are nobody's: their address alone counts them.
      return place.user === '' ? [] : policy.account
    case 'address':
      return policy.address.map((rule) => ({
        ...rule,
        failures: Math.min(rule.failures * place.factor * (good ? policy.goodFactor : 1), MOST_FAILURES),
      }))
    case 'spread':
      // An account that has no known network would be locked out as a whole: never.
      return good ? [policy.spread] : []
    case 'recipients':
      return [policy.recipients]
  }
}

/** Failures that the rule counts now: within its window, and not paid for by a bar. */
export function countedBy(bucket: Bucket, rule: Rule, index: 0 | 1, now: number): number {
  const paid = bucket.paid[index]
  // Paid up to a time that no bar reaches from now on: the clock was set back since.
  const after = paid - now > rule.bar ? 0 : paid
  return bucket.failures.filter((at) => at > after && within(rule.window, at, now)).length
}

/** Begins a bar when the rule has counted enough. */
export function applyRule(bucket: Bucket, rule: Rule, index: 0 | 1, now: number): Bucket {
  if (rule.failures === 0) return bucket
  const counted = countedBy(bucket, rule, index, now)
  if (counted < rule.failures) return bucket
  const until = now + rule.bar
  const paid: readonly [number, number] = index === 0 ? [until, bucket.paid[1]] : [bucket.paid[0], until]
  if (bucket.bar && bucket.bar.until >= until) return { ...bucket, paid }
  const bar: Bar = {
    scope: bucket.scope,
    subject: [bucket.user, bucket.network].filter(Boolean).join(' from '),
    since: now,
    until,
    failures: counted,
    window: rule.window,
  }
  return { ...bucket, paid, bar }
}
