import type { LockMode, LockRequest } from '../../locks/locks'
import type { Identity } from '../../login/login'
import type { Log } from '../../terms/ports'
import { readSettings } from '../../terms/settings'
import type { LockEntry } from '../mailbox'

const MODES: readonly LockMode[] = ['strict', 'pop3', 'snapshot']

/** What an account's overrides say about its lock: `lock.mode`, `lock.wait` (8s), `lock.takeover` (never, idle:300). */
export function lockRequest(
  identity: Identity,
  entry: LockEntry,
  access: LockRequest['access'],
  { defaultMode, log }: { defaultMode: LockMode; log: Log },
): LockRequest & { readonly mode: LockMode } {
  const { id, overrides } = identity
  const request = { account: id, access, ...entry, mode: defaultMode }
  const keys = ['mode', 'wait', 'takeover'].filter((key) => overrides[`lock.${key}`] !== undefined)
  if (keys.length === 0) return request
  const read = readSettings('overrides', {
    lock: Object.fromEntries(keys.map((key) => [key, overrides[`lock.${key}`]])),
  })
  const mode = read.choice('lock.mode', MODES, defaultMode)
  const wait = keys.includes('wait') ? { wait: read.duration('lock.wait', '0s') } : {}
  const text = read.text('lock.takeover', '')
  const idle = /^idle:(\d+)$/.exec(text)?.[1]
  if (text !== '' && text !== 'never' && idle === undefined) read.complain(`lock.takeover = ${text}`)
  const takeover: Pick<LockRequest, 'takeover'> =
    idle !== undefined ? { takeover: Number(idle) * 1000 } : text === 'never' ? { takeover: 'never' } : {}
  try {
    read.done()
    return { ...request, mode, ...wait, ...takeover }
  } catch (error) {
    log.warn(`account ${identity.name}: its lock overrides are not used: ${String(error)}`)
    return request
  }
}
