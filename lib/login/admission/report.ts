import type { Log, Metrics } from '../../terms/ports'
import { quoted, quotedText } from '../account-name'
import type { AttemptLog, TrailEntry } from '../lockout/attempts'
import type { Bar } from '../lockout/lockout'
import type { LoginPeer } from '../login'
import { shortId } from '../session-line'

/** Half a login, as every login of somebody with a second factor is: not what fail2ban should count. */
const INCOMPLETE = 'code-missing'

/** What happened to one attempt; never told to a client. */
export interface LoginEvent {
  readonly at: number
  readonly peer: LoginPeer
  readonly user: string
  readonly mechanism: string
  readonly verdict: TrailEntry['verdict']
  readonly reason: string
}

/** Told of a new bar, for a mail to the owner and the administrator. Must not throw. */
export type Tell = (bar: Bar, event: LoginEvent) => void

/**
 * The one line of a failure is documented for fail2ban and CrowdSec in docs/login.md: its form is stable.
 * `login failed: address=192.0.2.1 user="a@b" protocol=imap mechanism=PLAIN reason=wrong-password connection=1a2b3c4d`
 */
export function failureLine({ peer, user, mechanism, reason }: LoginEvent): string {
  return `login failed: address=${peer.address} user=${quoted(user)} protocol=${peer.protocol} mechanism=${mechanism} reason=${reason} connection=${shortId(peer.connection)}`
}

export interface ReportPorts {
  readonly attempts: AttemptLog
  readonly log: Log
  readonly metrics: Metrics
  readonly tell?: Tell | undefined
}

/** Silent on the wire, loud here: log, metrics, audit trail, mail. */
export function createReport({ attempts, log, metrics, tell }: ReportPorts) {
  /** every bar begins once; its own failure is the first thing that an operator looks for */
  function began(bar: Bar, event: LoginEvent): void {
    metrics.count('mailbox_login_bars_total', { scope: bar.scope })
    const minutes = Math.round((bar.until - bar.since) / 60_000)
    log.warn(
      `login barred: scope=${bar.scope} subject=${quotedText(bar.subject)} failures=${bar.failures} minutes=${minutes}`,
    )
    tell?.(bar, event)
  }

  return (event: LoginEvent, begun: readonly Bar[] = []): void => {
    const { peer, verdict, reason, mechanism } = event
    metrics.count('mailbox_logins_total', { protocol: peer.protocol, verdict, reason })
    if (verdict === 'granted') {
      log.info(
        `login: address=${peer.address} user=${quoted(event.user)} protocol=${peer.protocol} mechanism=${mechanism} connection=${shortId(peer.connection)}`,
      )
    } else if (reason === INCOMPLETE) log.info(failureLine(event).replace('failed', 'incomplete'))
    else if (verdict === 'refused') log.warn(failureLine(event))
    else log.warn(failureLine(event).replace('failed', 'unavailable'))
    for (const bar of begun) began(bar, event)
    const entry: TrailEntry = {
      at: event.at,
      user: event.user,
      address: peer.address,
      protocol: peer.protocol,
      mechanism,
      verdict,
      reason,
    }
    attempts.note(entry).catch((error) => log.error(`login: the audit trail cannot be written: ${String(error)}`))
  }
}
