import { isV6, networkOf, prefixOf } from '../networks'

/**
 * Who is barred: a pure function of what was noted before (docs/login.md). A driver of `AttemptLog` keeps the buckets, this
 * file alone decides. Nothing here is told to a client.
 */

/** This many failures within `window` bar for `bar` milliseconds. */
export interface Rule {
  readonly failures: number
  readonly window: number
  readonly bar: number
}

export interface LockoutPolicy {
  readonly enabled: boolean
  /** consecutive failures of one account from one network, the short and the long view */
  readonly account: readonly [Rule, Rule]
  /** failures from one address (IPv4 /32, IPv6 /128) over all accounts, unknown ones too */
  readonly address: readonly [Rule, Rule]
  /** limits of wider prefixes (IPv6 /64, then IPv4 /24 and IPv6 /48) as multiples of the address's */
  readonly siteFactor: number
  readonly prefixFactor: number
  /** limits are this much higher where somebody logged in within `knownFor` (an office behind one address) */
  readonly goodFactor: number
  /** failures of one account from at least `spreadNetworks` networks: only known networks may come in */
  readonly spread: Rule
  readonly spreadNetworks: number
  /** recipients named by one network that nobody has */
  readonly recipients: Rule
  /** how long a network stays known to an account after a success, in milliseconds */
  readonly knownFor: number
}

export interface Who {
  readonly user: string
  readonly address: string
}

type Scope = 'account' | 'address' | 'spread' | 'recipients'

/** Why somebody is refused now, and until when. */
export interface Bar {
  readonly scope: Scope
  /** `user from network`, `network` or `user` */
  readonly subject: string
  readonly since: number
  readonly until: number
  readonly failures: number
  readonly window: number
}

/** What is remembered of one (account, network), one address or prefix, or one account. Times in milliseconds since 1970. */
export interface Bucket {
  readonly scope: Scope
  readonly user: string
  readonly network: string
  /** times of counted failures, oldest first, bounded */
  readonly failures: readonly number[]
  /** failures up to here were paid for by a bar: of the short and of the long rule */
  readonly paid: readonly [number, number]
  readonly bar?: Bar | undefined
  /** keyed hashes of the last wrong credentials (scope account) */
  readonly marks: readonly string[]
  /** networks and when they were seen: failing ones and good ones (scope spread); the last success (scope address) */
  readonly failing: readonly (readonly [string, number])[]
  readonly good: readonly (readonly [string, number])[]
}

export interface BucketPlace {
  readonly key: string
  readonly scope: Scope
  readonly user: string
  readonly network: string
  readonly factor: number
  /** a wide prefix or the whole account: yields to networks known to the account */
  readonly yields: boolean
}

export type Past = ReadonlyMap<string, Bucket>

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

const MARKS = 16
/** a bucket remembers so many failures at most, whatever the settings multiply to */
const MOST_FAILURES = 1000
const NETWORKS = 32

/** The buckets that one attempt concerns, narrowest first. */
export function placesOf({ user, address }: Who, policy: LockoutPolicy): readonly BucketPlace[] {
  const network = networkOf(address)
  const at = (v4: number, v6: number, factor: number, yields: boolean): BucketPlace => {
    const prefix = prefixOf(address, { v4, v6 })
    return { key: `address ${prefix}`, scope: 'address', user: '', network: prefix, factor, yields }
  }
  return [
    { key: `account ${network} ${user}`, scope: 'account', user, network, factor: 1, yields: false },
    at(32, 128, 1, false),
    ...(isV6(address) ? [at(32, 64, policy.siteFactor, false)] : []),
    at(24, 48, policy.prefixFactor, true),
    { key: `spread ${user}`, scope: 'spread', user, network: '', factor: 1, yields: true },
    { key: `recipients ${network}`, scope: 'recipients', user: '', network, factor: 1, yields: true },
  ]
}

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

/** A clock that is set back must not make a bar longer than twice its length: nothing is for ever. */
export const inForce = ({ since, until }: Bar, now: number): boolean => until > now && since - now < until - since

/** Within `span` of now. What a clock noted that was ahead, and was set back, is as old as what lies as far behind. */
const within = (span: number, at: number, now: number): boolean => Math.abs(now - at) < span

/** The bar in force, if any: the one that lasts longest. */
export function judge(who: Who, past: Past, policy: LockoutPolicy, now: number): Bar | undefined {
  if (!policy.enabled) return undefined
  const known = isKnown(who, past, policy, now)
  let found: Bar | undefined
  for (const { key, yields } of placesOf(who, policy)) {
    const bar = past.get(key)?.bar
    if (!bar || !inForce(bar, now) || (yields && known)) continue
    if (!found || bar.until > found.until) found = bar
  }
  return found
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

const marked = (bucket: Bucket, mark: string | undefined): Bucket =>
  (bucket.scope === 'account' || bucket.scope === 'recipients') && mark !== undefined
    ? { ...bucket, marks: [...bucket.marks, mark].slice(-MARKS) }
    : bucket

function uncounted(bucket: Bucket, at: number): Bucket {
  const index = bucket.failures.lastIndexOf(at)
  if (index < 0) return bucket
  const failures = bucket.failures.filter((_, place) => place !== index)
  return bucket.bar?.since === at ? { ...bucket, failures, bar: undefined, paid: [0, 0] } : { ...bucket, failures }
}

function emptyBucket({ scope, user, network }: BucketPlace): Bucket {
  return { scope, user, network, failures: [], paid: [0, 0], marks: [], failing: [], good: [] }
}

/** The same bucket where a success is no news: most logins are of clients that were here a minute ago. */
function afterSuccess(bucket: Bucket, who: Who, policy: LockoutPolicy, now: number): Bucket {
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

function afterFailure(
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

/** Failures that the rule counts now: within its window, and not paid for by a bar. */
export function countedBy(bucket: Bucket, rule: Rule, index: 0 | 1, now: number): number {
  const paid = bucket.paid[index]
  // Paid up to a time that no bar reaches from now on: the clock was set back since.
  const after = paid - now > rule.bar ? 0 : paid
  return bucket.failures.filter((at) => at > after && within(rule.window, at, now)).length
}

function applyRule(bucket: Bucket, rule: Rule, index: 0 | 1, now: number): Bucket {
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

/** When nothing in the bucket matters any more. */
export function expiresAt(bucket: Bucket, policy: LockoutPolicy): number {
  const last = bucket.failures.at(-1) ?? 0
  const good = bucket.good.at(-1)?.[1] ?? 0
  const { account, address, spread, recipients } = policy
  const window = Math.max(account[1].window, address[1].window, spread.window, recipients.window)
  return Math.max(bucket.bar?.until ?? 0, last + (last ? window : 0), good + (good ? policy.knownFor : 0))
}

/** 0: one failure, 1: several, 2: a bar, 3: a success, which no attacker can make. */
export type Weight = 0 | 1 | 2 | 3
export const WEIGHTS = [0, 1, 2, 3] as const

export function weight(bucket: Bucket, now: number): Weight {
  if (bucket.good.length > 0) return 3
  if (bucket.bar && inForce(bucket.bar, now)) return 2
  return bucket.failures.length > 1 ? 1 : 0
}

/** Shares of a full log. Each weight has one, so that no flood of one kind pushes the others out, newcomers least of all. */
export const SHARES = [0.3, 0.2, 0.2, 0.3] as const

/** @returns the weight that a full log takes its longest untouched bucket from; undefined: it is not full */
export function mostOver(count: (weight: Weight) => number, limit: number): Weight | undefined {
  const over = WEIGHTS.map((level) => ({ level, by: count(level) - SHARES[level] * limit }))
  if (over.reduce((sum, { by }) => sum + by, 0) <= 0) return undefined
  return over.reduce((most, next) => (next.by > most.by ? next : most)).level
}
