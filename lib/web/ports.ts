import type { DeliveryLog } from '../delivery/log'
import type { Locks } from '../locks/locks'
import type { TellHolder } from '../locks/refusal'
import type { AttemptLog } from '../login/lockout/attempts'
import type { Explanation } from '../login/lockout/explain'
import type { Login, LoginProtocol } from '../login/login'
import type { MailRoom } from '../mailbox/mailbox'
import type { Clock, Log } from '../terms/ports'
import type { HttpSettings } from './settings'
import type { Leases } from './who/leases'
import type { Sessions } from './who/sessions'

/** A finished message on its way out. */
export interface Submission {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
}

export interface HttpPorts {
  readonly room: MailRoom
  readonly locks: Locks
  readonly login: Login
  readonly sessions: Sessions
  readonly attempts: AttemptLog
  readonly deliveries: Pick<DeliveryLog, 'list'>
  readonly explain: (asked: { user: string; address: string; protocol?: LoginProtocol }) => Promise<Explanation>
  /** Hands a message to the queue. @returns why it was not taken; undefined: it was */
  readonly submit: (submission: Submission) => Promise<string | undefined>
  /** Prometheus' text format, of all processes */
  readonly metricsText: () => Promise<string>
  readonly settings: HttpSettings
  readonly tellHolder: TellHolder
  readonly version: string
  /** folder of the browser's files */
  readonly assets: string
  readonly clock: Clock
  readonly log: Log
}

/** What the routes share. */
export interface Web extends HttpPorts {
  readonly leases: Leases
}
