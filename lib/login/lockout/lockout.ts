import { networkOf } from '../networks'
import {
  type Bar,
  type Bucket,
  type BucketPlace,
  emptyBucket,
  inForce,
  type Past,
  placesOf,
  type Who,
  within,
} from './bucket'
import { afterFailure, afterSuccess, marked, uncounted } from './outcomes'
import type { LockoutPolicy } from './policy'

export { type Bar, type Bucket, expiresAt, inForce, placesOf, type Who } from './bucket'
export type { LockoutPolicy, Rule } from './policy'
export { mostOver, SHARES, WEIGHTS, type Weight, weight } from './weight'

/**
 * Who is barred: a pure function of what was noted before (docs/login.md). A driver of `AttemptLog` keeps the buckets, this
 * file alone decides. Nothing here is told to a client.
 */

export type AttemptOutcome =
  | { readonly kind: 'success' }
  /** the password is right, the code of the second factor is still to come: judged like a success, and no news */
  | { readonly kind: 'incomplete' }
  /** a recipient that nobody has was named; `mark`: keyed hash of it */
  | { readonly kind: 'stranger'; readonly mark: string }
  /**
   * `mark`: keyed hash of the wrong credential; undefined when there is none to compare (SCRAM). `sameAs`: time of a
   * failure that was counted on this connection and turned out to be of the same credential.
   */
  | { readonly kind: 'failure'; readonly mark?: string | undefined; readonly sameAs?: number | undefined }

/** Whether the account was used from this network with success within `knownFor`. */
function isKnown(who: Who, past: Past, policy: LockoutPolicy, now: number): boolean {
  const network = networkOf(who.address)
  const good = past.get(`spread ${who.user}`)?.good ?? []
  return good.some(([known, at]) => known === network && within(policy.knownFor, at, now))
}

/** Whether anybody came in from this network within `knownFor`. */
export function isGood({ address }: Who, past: Past, { knownFor }: LockoutPolicy, now: number): boolean {
  const good = past.get(`address ${networkOf(address)}`)?.good ?? []
  return good.some(([, at]) => within(knownFor, at, now))
}

/** The bar in force, if any: the one that lasts longest. */
export function judge(who: Who, past: Past, policy: LockoutPolicy, now: number): Bar | undefined {
  if (!policy.enabled) return undefined
  const networkIsKnown = isKnown(who, past, policy, now)
  let longest: Bar | undefined
  for (const { key, yields } of placesOf(who, policy)) {
    const bar = past.get(key)?.bar
    if (!bar || !inForce(bar, now) || (yields && networkIsKnown)) continue
    if (!longest || bar.until > longest.until) longest = bar
  }
  return longest
}

/** The bar that keeps a network from naming recipients, if any. Those of logins do not: mail comes from where people mistype. */
export function judgeStrangers(who: Who, past: Past, policy: LockoutPolicy, now: number): Bar | undefined {
  const place = placesOf(who, policy).find(({ scope }) => scope === 'recipients')
  const bar = place && past.get(place.key)?.bar
  return policy.enabled && bar && inForce(bar, now) ? bar : undefined
}

export interface Lesson {
  /**
   * All buckets of the attempt, changed or not: what is written must not tell what was learned. Empty after a success that
   * taught nothing new: who came in knows that.
   */
  readonly buckets: ReadonlyMap<string, Bucket>
  /** whether a failure counted; false: the same wrong credential came from this network before */
  readonly counted: boolean
  /** bars that begin with this attempt */
  readonly begun: readonly Bar[]
}

/**
 * What the next attempt will find. Whoever is barred is refused unlooked, so that the attempt teaches nothing: neither a right
 * password nor a wrong one moves the end of a bar, begins another, or is remembered.
 */
export function learn(who: Who, past: Past, outcome: AttemptOutcome, policy: LockoutPolicy, now: number): Lesson {
  const stranger = outcome.kind === 'stranger'
  const places = placesOf(who, policy).filter(({ scope }) => (scope === 'recipients') === stranger)
  const before = new Map(places.map((place) => [place, past.get(place.key) ?? emptyBucket(place)]))
  const written = (change: (bucket: Bucket, place: BucketPlace) => Bucket): Map<string, Bucket> =>
    new Map([...before].map(([place, bucket]) => [place.key, change(bucket, place)]))

  const barred = (stranger ? judgeStrangers : judge)(who, past, policy, now) !== undefined
  const untaught = (): Lesson => ({ buckets: written((bucket) => bucket), counted: false, begun: [] })
  if (outcome.kind === 'success' || outcome.kind === 'incomplete') {
    if (barred) return untaught()
    if (outcome.kind === 'incomplete') return { buckets: new Map(), counted: false, begun: [] }
    const buckets = written((bucket) => afterSuccess(bucket, who, policy, now))
    const news = [...before].some(([{ key }, bucket]) => buckets.get(key) !== bucket)
    return { buckets: news ? buckets : new Map(), counted: false, begun: [] }
  }
  const { mark } = outcome
  const sameAs = outcome.kind === 'failure' ? outcome.sameAs : undefined
  const repeated = mark !== undefined && places.some((place) => past.get(place.key)?.marks.includes(mark))
  // What was counted before the bar, or began it, may still turn out to be an old password and be taken back.
  if (barred && sameAs === undefined) return untaught()
  if (repeated) {
    // The failure of another mechanism with the same old credential is taken back.
    const buckets = written((bucket) => (sameAs === undefined ? bucket : uncounted(bucket, sameAs)))
    return { buckets, counted: false, begun: [] }
  }
  if (sameAs !== undefined) {
    return { buckets: written((bucket) => marked(bucket, mark)), counted: false, begun: [] }
  }
  const buckets = written((bucket, place) => afterFailure(bucket, place, who, mark, policy, now))
  const begun = [...buckets].flatMap(([key, { bar }]) => (bar && bar !== past.get(key)?.bar ? [bar] : []))
  return { buckets, counted: true, begun }
}
