import { accountName } from '../account-name'
import { allowsProtocol, type Directory } from '../directory'
import type { LoginProtocol } from '../login'
import { canonicalAddress } from '../networks'
import type { LoginSettings } from '../settings'
import type { AttemptLog, TrailEntry } from './attempts'
import { type Bar, type Bucket, placesOf } from './bucket'
import { judge } from './lockout'
import type { Rule } from './policy'
import { countedBy, rulesOf } from './rules'

/** Why a login would succeed or not, for an operator. Never shown to a client. */
export interface Explanation {
  readonly user: string
  readonly address: string
  /** what the right password would hear now */
  readonly verdict: 'granted' | 'refused'
  /** the first is the deciding one */
  readonly reasons: readonly string[]
  readonly bar: Bar | undefined
  /** counters against their limits, `3 of 4 within 24 h` */
  readonly counters: readonly { readonly what: string; readonly counted: number; readonly rule: Rule }[]
  readonly latest: readonly TrailEntry[]
}

export interface ExplainPorts {
  readonly attempts: AttemptLog
  readonly directory: Directory
  readonly settings: LoginSettings
}

export async function explain(
  { attempts, directory, settings }: ExplainPorts,
  asked: { readonly user: string; readonly address: string; readonly protocol?: LoginProtocol },
  now: number,
): Promise<Explanation> {
  const user = accountName(asked.user, settings.defaultDomain)
  const who = { user, address: canonicalAddress(asked.address) }
  const { policy } = settings
  const buckets = await attempts.buckets(who)
  const places = placesOf(who, policy)
  const found = new Map<string, Bucket>()
  for (const bucket of buckets) {
    const place = places.find(({ scope, network }) => scope === bucket.scope && network === bucket.network)
    if (place) found.set(place.key, bucket)
  }
  const spared = settings.neverBar(who.address) || settings.trustedProxies(who.address)
  const bar = spared ? undefined : judge(who, found, policy, now)
  const entry = user === '' ? undefined : await directory.lookup(user)
  const reasons = [
    ...(entry ? [] : ['there is no such account']),
    ...(entry?.disabled ? ['the account is disabled'] : []),
    ...(entry && asked.protocol && !allowsProtocol(entry, asked.protocol) ? [`${asked.protocol} is not allowed`] : []),
    ...(bar ? [`locked out (${bar.scope}): ${bar.subject}`] : []),
  ]
  const counters = places.flatMap((place) => {
    const bucket = found.get(place.key)
    return bucket ? rulesOf(place, bucket, policy, now).map((rule, index) => counter(bucket, rule, index, now)) : []
  })
  const spare = spared ? ['this address is never locked out'] : []
  return {
    ...who,
    verdict: reasons.length > 0 ? 'refused' : 'granted',
    reasons: [...reasons, ...spare],
    bar,
    counters,
    latest: await attempts.trail({ user, limit: 10 }),
  }
}

function counter(bucket: Bucket, rule: Rule, index: number, now: number) {
  const counted = countedBy(bucket, rule, index === 0 ? 0 : 1, now)
  return { what: [bucket.user, bucket.network].filter(Boolean).join(' from '), counted, rule }
}
