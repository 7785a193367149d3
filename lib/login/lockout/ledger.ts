import { prefixOf } from '../networks'
import type { Recorded, Standing, TrailEntry, TrailFilter } from './attempts'
import {
  type AttemptOutcome,
  type Bucket,
  isGood,
  judge,
  judgeStrangers,
  type LockoutPolicy,
  learn,
  placesOf,
  type Who,
} from './lockout'

/** What all drivers do between reading buckets and writing them. */

type Read = (key: string) => Bucket | undefined

export function pastOf(who: Who, read: Read, policy: LockoutPolicy): Map<string, Bucket> {
  const past = new Map<string, Bucket>()
  for (const { key } of placesOf(who, policy)) {
    const bucket = read(key)
    if (bucket) past.set(key, bucket)
  }
  return past
}

export function standingOn(who: Who, read: Read, policy: LockoutPolicy, now: number): Standing {
  const past = pastOf(who, read, policy)
  return {
    bar: judge(who, past, policy, now),
    strangers: judgeStrangers(who, past, policy, now),
    goodNetwork: isGood(who, past, policy, now),
  }
}

export function recordOn(
  who: Who,
  outcome: AttemptOutcome,
  read: Read,
  policy: LockoutPolicy,
  now: number,
): { readonly recorded: Recorded; readonly changed: ReadonlyMap<string, Bucket> } {
  const past = pastOf(who, read, policy)
  const bar = (outcome.kind === 'stranger' ? judgeStrangers : judge)(who, past, policy, now)
  const lesson = learn(who, past, outcome, policy, now)
  return { recorded: { bar, counted: lesson.counted, begun: lesson.begun }, changed: lesson.buckets }
}

export type Clear = { readonly user?: string; readonly address?: string }

/** @returns the same bucket when `what` does not concern it */
export function clearing(bucket: Bucket, what: Clear): Bucket {
  if (!concerns(bucket, what) || (bucket.failures.length === 0 && !bucket.bar)) return bucket
  return { ...bucket, failures: [], failing: [], marks: [], paid: [0, 0], bar: undefined }
}

function concerns(bucket: Bucket, { user, address }: Clear): boolean {
  const near = (): boolean =>
    address !== undefined &&
    [32, 24].some((v4) =>
      [128, 64, 48].some((v6) => bucket.network !== '' && bucket.network === prefixOf(address, { v4, v6 })),
    )
  switch (bucket.scope) {
    case 'account':
      return (user === undefined || bucket.user === user) && (address === undefined || near())
    case 'address':
    case 'recipients':
      return user === undefined ? address === undefined || near() : false
    case 'spread':
      return address === undefined && (user === undefined || bucket.user === user)
  }
}

export function matches(entry: TrailEntry, { user, address }: TrailFilter): boolean {
  return (user === undefined || entry.user === user) && (address === undefined || entry.address === address)
}
