import { createHmac } from 'node:crypto'
import type { Clock, Log } from '../../terms/ports'
import { accountName } from '../account-name'
import type { Directory } from '../directory'
import type { AttemptLog } from '../lockout/attempts'
import type { Bar } from '../lockout/lockout'
import { LOGIN_PROTOCOLS, type LoginProtocol } from '../login'
import { canonicalAddress } from '../networks'
import type { LoginSettings } from '../settings'
import type { LoginEvent } from './report'

/** What a front-end tells of somebody who logs in there. */
interface Attempted {
  readonly login: string
  /** the client's address */
  readonly remote: string
  /** as the front-end names it: `imap`, `submission`, `managesieve` */
  readonly protocol: string
  readonly tls: boolean
}
export interface Outcome extends Attempted {
  readonly success: boolean
  /** it was refused because of our `allow` */
  readonly policyReject: boolean
  /** tells wrong passwords apart */
  readonly passwordHash: string
}

/** Other servers that check passwords themselves share our lockouts (docs/login.md#front-ends-with-passwords-of-their-own). */
export interface FrontEnds {
  /** Whether a password may open now. Rejects while nobody can tell. */
  allow(attempted: Attempted): Promise<boolean>
  report(outcome: Outcome): Promise<void>
  /** Forgets failures and lockouts of a user, of an address, or of the user from there. @returns how many records */
  reset(what: { readonly login?: string; readonly remote?: string }): Promise<number>
}

export interface FrontEndPorts {
  readonly attempts: AttemptLog
  readonly directory: Directory
  readonly settings: LoginSettings
  readonly secret: Buffer
  readonly clock: Clock
  readonly log: Log
  report(event: LoginEvent, begun: readonly Bar[]): void
}

const ALSO: Readonly<Record<string, LoginProtocol>> = {
  submission: 'smtp',
  managesieve: 'sieve',
  'doveadm-http': 'http',
}

const protocolOf = (word: string): LoginProtocol =>
  LOGIN_PROTOCOLS.find((name) => name === word.toLowerCase()) ?? ALSO[word.toLowerCase()] ?? 'smtp'

export function createFrontEnds(ports: FrontEndPorts): FrontEnds {
  const { attempts, directory, settings, secret, clock, log, report } = ports

  /** The account's own name, whichever of its names was typed. */
  async function nameOf(login: string): Promise<string> {
    const typed = accountName(login, settings.defaultDomain)
    if (typed === '') return ''
    try {
      return (await directory.lookup(typed))?.name ?? typed
    } catch {
      log.warn('login: a directory cannot answer; a front-end’s login counts under the name that was typed')
      return typed
    }
  }
  const isSpared = (address: string): boolean => settings.neverBar(address) || settings.trustedProxies(address)

  return {
    async allow({ login, remote }) {
      if (isSpared(remote)) return true
      const who = { user: await nameOf(login), address: canonicalAddress(remote) }
      return (await attempts.judge(who, clock.now())).bar === undefined
    },

    async report({ login, remote, protocol, tls, success, policyReject, passwordHash }) {
      const user = await nameOf(login)
      const now = clock.now()
      const peer = { protocol: protocolOf(protocol), address: canonicalAddress(remote), tls, connection: 'policy' }
      const event = { at: now, peer, user, mechanism: 'POLICY' }
      // What is tried while a lockout lasts counts nowhere.
      if (policyReject) return report({ ...event, verdict: 'refused', reason: 'policy' }, [])
      const text = JSON.stringify(['policy', user, passwordHash])
      const mark = createHmac('sha256', secret).update(text).digest('base64url').slice(0, 16)
      const outcome = success ? ({ kind: 'success' } as const) : ({ kind: 'failure', mark } as const)
      const { begun } = isSpared(remote)
        ? { begun: [] }
        : await attempts.record({ user, address: peer.address }, outcome, now)
      if (success) report({ ...event, verdict: 'granted', reason: 'right' }, begun)
      else report({ ...event, verdict: 'refused', reason: 'wrong-password' }, begun)
    },

    async reset({ login, remote }) {
      const user = login === undefined ? undefined : await nameOf(login)
      // Nobody has such a name: that is not everybody.
      if (user === '') return 0
      const address = remote === undefined ? undefined : canonicalAddress(remote)
      return attempts.clear({ ...(user && { user }), ...(address && { address }) })
    },
  }
}
