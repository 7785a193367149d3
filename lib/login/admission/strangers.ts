import { createHmac } from 'node:crypto'
import { textOf } from '../../terms/errors'
import type { Clock, Log } from '../../terms/ports'
import type { AttemptLog } from '../lockout/attempts'
import type { Bar } from '../lockout/lockout'
import { canonicalAddress } from '../networks'
import type { LoginSettings } from '../settings'
import type { LoginEvent } from './report'

/**
 * RCPT must say who does not exist (RFC 5321 3.3), and so is how names are harvested. Recipients that nobody has are counted for
 * the network that names them; over the limit it is barred from logins and from RCPT alike.
 */
export interface Strangers {
  /** unknown recipients of one connection, after which it ends; 0: no limit */
  readonly perConnection: number
  /** Whether this network may name recipients now. Never rejects: while nobody can tell, mail goes on. */
  admits(address: string): Promise<boolean>
  /** A recipient that nobody has was named. @returns whether the network may go on. Never rejects. */
  unknown(address: string, recipient: string, connection: string): Promise<boolean>
}

export interface StrangersPorts {
  readonly attempts: AttemptLog
  readonly settings: LoginSettings
  readonly secret: Buffer
  readonly clock: Clock
  readonly log: Log
  report(event: LoginEvent, begun: readonly Bar[]): void
}

export function createStrangers({ attempts, settings, secret, clock, log, report }: StrangersPorts): Strangers {
  const spared = (address: string): boolean => settings.neverBar(address) || settings.trustedProxies(address)
  const whoAt = (address: string) => ({ user: '', address: canonicalAddress(address) })

  async function orGoOn(ask: () => Promise<boolean>): Promise<boolean> {
    try {
      return await ask()
    } catch (error) {
      log.error(`login: recipients cannot be counted: ${textOf(error)}`)
      return true
    }
  }

  return {
    perConnection: settings.unknownRecipients,
    admits: (address) =>
      orGoOn(async () => {
        if (spared(address)) return true
        return (await attempts.judge(whoAt(address), clock.now())).strangers === undefined
      }),
    unknown: (address, recipient, connection) =>
      orGoOn(async () => {
        if (spared(address)) return true
        const mark = createHmac('sha256', secret).update(`recipient ${recipient.toLowerCase()}`).digest('base64url')
        const now = clock.now()
        const outcome = { kind: 'stranger', mark: mark.slice(0, 16) } as const
        const { bar, begun } = await attempts.record(whoAt(address), outcome, now)
        if (begun.length > 0) {
          const peer = { protocol: 'smtp', address, tls: false, connection } as const
          const what = { mechanism: 'RCPT', verdict: 'refused', reason: 'unknown-recipients' } as const
          report({ at: now, peer, user: '', ...what }, begun)
        }
        return bar === undefined && begun.length === 0
      }),
  }
}
