import { availableParallelism } from 'node:os'
import { Overloaded } from '../../processes/limiter'
import { defineJob } from '../../work/job'
import { createPool } from '../../work/pool'
import { isStrongArgon2 } from './argon2'
import { SCHEMES, type Scheme } from './schemes'

interface Verifier {
  /** undefined: nobody can log in with it (MD5-CRYPT, DES and other schemes of the past) */
  readonly scheme: Scheme | undefined
  readonly value: string
}

const DEFAULT = 'ARGON2ID'
const named = new Map(SCHEMES.flatMap((scheme) => scheme.names.map((name): [string, Scheme] => [name, scheme])))

/** Scheme and value of `{SCHEME}value`, also of a bare crypt string (`$2y$`, `$6$`, `$argon2id$`). */
function split(verifier: string): Verifier {
  const match = /^\{([A-Za-z0-9._-]+)\}(.*)$/s.exec(verifier)
  const [name, value] = match ? [(match[1] ?? '').toUpperCase(), match[2] ?? ''] : ['CRYPT', verifier]
  const scheme = name === 'CRYPT' ? SCHEMES.find(({ crypt }) => crypt?.test(value)) : named.get(name)
  return { scheme, value }
}

export const isSupported = (verifier: string): boolean => split(verifier).scheme !== undefined

/** Costs microseconds, so that it waits for no turn. */
export const isCheap = (verifier: string): boolean => split(verifier).scheme?.cheap ?? !isSupported(verifier)

/** A verifier as we make them: checking it is the work that every other attempt is made equal to. */
export function isDefault(verifier: string): boolean {
  const { scheme, value } = split(verifier)
  return scheme === named.get(DEFAULT) && isStrongArgon2(value)
}

/** Checking it takes longer than what everybody else costs: `refusal_time` hides who has such a one (docs/login.md). */
export const isSlower = (verifier: string): boolean => !isCheap(verifier) && !isDefault(verifier)

/** Another scheme than the default, or the default with a lower cost. */
export function needsRehash(verifier: string): boolean {
  const { scheme, value } = split(verifier)
  if (scheme !== named.get(DEFAULT)) return scheme !== undefined
  return scheme?.hopeless?.(value) === false && !isStrongArgon2(value)
}

/** The library is not there, or cannot be loaded: nobody knows what the password is. */
const isMissing = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /MODULE_NOT_FOUND|ERR_DLOPEN_FAILED/.test(String(error.code))

/** Rejects only when the work itself could not be done. */
export async function tried(scheme: Scheme, password: string, value: string): Promise<boolean> {
  try {
    return await scheme.verify(password, value)
  } catch (error) {
    if (isMissing(error)) throw error
    return false
  }
}

/** What runs in a thread. @public the pool finds it by its name */
export async function compare({ password, verifier }: { password: string; verifier: string }): Promise<boolean> {
  const { scheme, value } = split(verifier)
  return scheme !== undefined && tried(scheme, password, value)
}

// bcrypt and SHA-crypt exist as JavaScript only, and argon2 in libuv's threads would compete with mail on equal terms. Seconds are
// what the highest cost takes that is not hopeless.
const job = defineJob(__filename, compare, { time: 30_000, octetsIn: 65_536, octetsOut: 64 })
/** Who waits, and whose turn it is, the caller decides (verifier.ts); what comes here runs at once. */
const pool = createPool({ threads: availableParallelism(), patience: 60_000 })
let serial = 0

/** A verifier that cannot be read verifies nothing. Rejects only when the work itself could not be done. */
export async function verifyPassword(password: string, verifier: string): Promise<boolean> {
  const { scheme, value } = split(verifier)
  if (!scheme || scheme.hopeless?.(value)) return false
  if (scheme.cheap) return tried(scheme, password, value)
  serial += 1
  const result = await pool.run(job, { password, verifier }, String(serial))
  if (result.ok) return result.value
  if (result.fault.kind === 'busy') throw new Overloaded('too many at once')
  return false
}
