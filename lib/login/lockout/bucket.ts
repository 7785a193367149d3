import { isV6, networkOf, prefixOf } from '../networks'
import type { LockoutPolicy } from './policy'

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

export function emptyBucket({ scope, user, network }: BucketPlace): Bucket {
  return { scope, user, network, failures: [], paid: [0, 0], marks: [], failing: [], good: [] }
}

/** A clock that is set back must not make a bar longer than twice its length: nothing is for ever. */
export const inForce = ({ since, until }: Bar, now: number): boolean => until > now && since - now < until - since

/** Within `span` of now. What a clock noted that was ahead, and was set back, is as old as what lies as far behind. */
export const within = (span: number, at: number, now: number): boolean => Math.abs(now - at) < span

/** When nothing in the bucket matters any more. */
export function expiresAt(bucket: Bucket, policy: LockoutPolicy): number {
  const last = bucket.failures.at(-1) ?? 0
  const good = bucket.good.at(-1)?.[1] ?? 0
  const { account, address, spread, recipients } = policy
  const window = Math.max(account[1].window, address[1].window, spread.window, recipients.window)
  return Math.max(bucket.bar?.until ?? 0, last + (last ? window : 0), good + (good ? policy.knownFor : 0))
}
