import { createHmac, randomUUID } from 'node:crypto'
import { createLimiter, type Lane } from '../../processes/limiter'
import type { Clock } from '../../terms/ports'
import type { DirectoryEntry } from '../directory'
import { appPasswordsFor, opensHere, type Shown } from './app-passwords'
import { hashArgon2 } from './argon2'
import { saslPrepared } from './saslprep'
import { isCheap, isDefault, verifyPassword } from './verify'

const MAX_CACHED = 10_000
/** A longer "password" is an attack on the hash. */
const MAX_PASSWORD = 1024

export interface VerifierPorts {
  readonly secret: Buffer
  readonly hashWidth: number
  readonly hashPatience: number
  readonly cacheFor: number
  readonly clock: Clock
  /** absent: by scheme, in a thread */
  readonly verify?: typeof verifyPassword
}

export interface Verified {
  readonly right: boolean
  /** answered from memory, without a hash */
  readonly remembered: boolean
  /** id of the app password that it is */
  readonly appPassword?: string | undefined
  /** it is the account's own, where only app passwords open */
  readonly own?: boolean
}

interface How {
  readonly lane: Lane
  /** the account's own password does not open here */
  readonly onlyApps?: boolean
  /** the work of directories that check passwords themselves, and do not know this name */
  readonly pretend?: () => Promise<void>
}

const NOBODY: Shown = { protocol: '', address: '', at: 0 }

/** What was found right some minutes ago, by another address perhaps. */
function opensStill(entry: DirectoryEntry, app: string | undefined, shown: Shown, { onlyApps }: How): boolean {
  if (app === undefined) return onlyApps !== true
  const found = entry.appPasswords.find(({ id }) => id === app)
  return found !== undefined && opensHere(found, shown)
}

/** What a right password is: the account's own, or an app password. */
type Right = false | { readonly appPassword: string | undefined }
const OWN: Right = { appPassword: undefined }

/** Checks passwords off the event loop, few at once, with a short memory of right ones (as keyed digests). */
export function createVerifier(ports: VerifierPorts) {
  const { secret, hashWidth, hashPatience, cacheFor, clock, verify = verifyPassword } = ports
  const limited = createLimiter(hashWidth, hashPatience)
  const cache = new Map<string, { readonly until: number; readonly appPassword: string | undefined }>()
  // Made at once: the first unknown name must not take longer than the second.
  const dummy = hashArgon2('nobody has this password')
  dummy.catch(() => undefined)

  // The verifiers are part of the digest: a new password makes all old entries useless, in every process at once. What one
  // directory found right is not right in another.
  const digest = (entry: DirectoryEntry | undefined, protocol: string, password: string): string =>
    createHmac('sha256', secret)
      .update(
        JSON.stringify([
          entry?.id ?? '',
          entry?.directory,
          entry?.epoch,
          entry?.password,
          entry?.appPasswords,
          protocol,
          password,
        ]),
      )
      .digest('base64')

  function remember(key: string, appPassword: string | undefined): void {
    const now = clock.now()
    cache.delete(key)
    cache.set(key, { until: now + cacheFor, appPassword })
    for (const [old, { until }] of cache) {
      if (until > now && cache.size <= MAX_CACHED) break
      cache.delete(old)
    }
  }

  /** The cost of one default hash, for whoever has none to pay for: unknown users, cheap schemes, answers from memory. */
  async function dummyHash(lane: Lane): Promise<false> {
    const verifier = await dummy
    await limited(() => verify('no', verifier), lane)
    return false
  }

  async function byVerifier(password: string, verifier: string, lane: Lane): Promise<boolean> {
    return isCheap(verifier) ? verify(password, verifier) : limited(() => verify(password, verifier), lane)
  }

  async function ofEntry(entry: DirectoryEntry, shown: Shown, password: string, lane: Lane): Promise<Right> {
    // App passwords are long and random, so that a cheap hash is enough; the one it may be is tried first and costs nothing.
    let right: Right = false
    for (const app of appPasswordsFor(entry.appPasswords, password)) {
      if ((await byVerifier(password, app.password, lane)) && opensHere(app, shown)) right = { appPassword: app.id }
    }
    if (!entry.password) return (await dummyHash(lane)) || right
    const own = await byVerifier(password, entry.password, lane)
    // Beside a cheap scheme, a slow one that was made cheaply, and what cannot be read.
    if (!isDefault(entry.password)) await dummyHash(lane)
    return own ? OWN : right
  }

  async function full(
    entry: DirectoryEntry | undefined,
    shown: Shown,
    password: string,
    { lane, pretend }: How,
  ): Promise<Right> {
    // What cannot be a password is tried like one that is wrong: equal work.
    const usable = password !== '' && Buffer.byteLength(password) <= MAX_PASSWORD
    const typed = usable ? password : randomUUID()
    const prepared = saslPrepared(typed)
    const [verified] = await Promise.all([entry?.verify?.(prepared), pretend?.()])
    let right: Right = verified ? OWN : false
    // Verifiers that came from elsewhere may have been made from the octets as typed. All forms cost all names the same.
    for (const form of new Set([prepared, typed])) {
      const matches = entry ? await ofEntry(entry, shown, form, lane) : await dummyHash(lane)
      right = right || matches
    }
    return right
  }

  return {
    limited,
    /** What a check costs that was answered from memory. */
    pay: (entry: DirectoryEntry | undefined, how: How): Promise<unknown> => full(entry, NOBODY, '', how),
    /** @param careful leave the memory out: a refusal must take the same time with the right and the wrong password */
    async check(
      entry: DirectoryEntry | undefined,
      from: Omit<Shown, 'at'>,
      password: string,
      how: How & { readonly careful: boolean },
    ): Promise<Verified> {
      const shown = { ...from, at: clock.now() }
      const key = digest(entry, from.protocol, password)
      const known = how.careful || !entry ? undefined : cache.get(key)
      if (entry && known && known.until > shown.at && opensStill(entry, known.appPassword, shown, how)) {
        return { right: true, remembered: true, appPassword: known.appPassword }
      }
      const right = await full(entry, shown, password, how)
      if (!right) return { right: false, remembered: false }
      // Not remembered, so that it takes as long each time as a wrong one.
      if (right === OWN && how.onlyApps) return { right: false, remembered: false, own: true }
      if (!how.careful) remember(key, right.appPassword)
      return { right: true, remembered: false, appPassword: right.appPassword }
    },
  }
}
