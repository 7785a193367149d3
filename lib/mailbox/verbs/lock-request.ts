import type { LockMode, LockRequest } from '../../locks/locks'
import type { Identity } from '../../login/login'
import type { Log } from '../../terms/ports'
import { readSettings } from '../../terms/settings'
import type { LockEntry } from '../mailbox'

const MODES: readonly LockMode[] = ['strict', 'pop3', 'snapshot']

/** What an account's overrides say about its lock: `lock.mode`, `lock.wait` (8s), `lock.takeover` (never, idle:300). Throws. */
export function ownLock({ overrides }: Pick<Identity, 'overrides'>): Pick<LockRequest, 'mode' | 'wait' | 'takeover'> {
  const keys = ['mode', 'wait', 'takeover'].filter((key) => overrides[`lock.${key}`] !== undefined)
  if (keys.length === 0) return {}
  const read = readSettings('overrides', {
    lock: Object.fromEntries(keys.map((key) => [key, overrides[`lock.${key}`]])),
  })
  const mode = keys.includes('mode') ? { mode: read.choice('lock.mode', MODES, 'strict') } : {}
  const wait = keys.includes('wait') ? { wait: read.duration('lock.wait', '0s') } : {}
  const text = read.text('lock.takeover', '')
  const idle = /^idle:(\d+)$/.exec(text)?.[1]
  if (text !== '' && text !== 'never' && idle === undefined) read.complain(`lock.takeover = ${text}`)
  const takeover: Pick<LockRequest, 'takeover'> =
    idle !== undefined ? { takeover: Number(idle) * 1000 } : text === 'never' ? { takeover: 'never' } : {}
  read.done()
  return { ...mode, ...wait, ...takeover }
}

/** A request of an account, with what its overrides say. */
export function lockRequest(
  identity: Identity,
  entry: LockEntry,
  access: LockRequest['access'],
  { defaultMode, log }: { defaultMode: LockMode; log: Log },
): LockRequest & { readonly mode: LockMode } {
  const request = { account: identity.id, access, ...entry, mode: defaultMode }
  try {
    return { ...request, ...ownLock(identity) }
  } catch (error) {
    log.warn(`account ${identity.name}: its lock overrides are not used: ${String(error)}`)
    return request
  }
}
