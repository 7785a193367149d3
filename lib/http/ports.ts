import type { DeliveryLog } from '../delivery/log/log'
import type { Locks } from '../locks/locks'
import type { FrontEnds } from '../login/admission/front-ends'
import type { AttemptLog } from '../login/lockout/attempts'
import type { Explanation } from '../login/lockout/explain'
import type { LoginProtocol } from '../login/login'
import type { DeedLog } from '../mailbox/deeds/log'
import type { Gathering } from '../metrics/gather'
import type { RulesSettings } from '../sieve/settings'
import type { AccountId } from '../terms/names'

/** A finished message on its way out. */
export interface Submission {
  readonly from: string
  readonly to: readonly string[]
  readonly bytes: Buffer
}

interface Addresses {
  /** aliases that name the account */
  aliasesOf(name: string): readonly string[]
  isOf(address: string, account: AccountId): Promise<boolean>
}

/** What webmail and the administrator's pages need beside the web. */
export interface HttpPorts {
  readonly locks: Locks
  readonly attempts: AttemptLog
  readonly frontEnds: FrontEnds
  readonly deliveries: Pick<DeliveryLog, 'list'>
  readonly deeds: Pick<DeedLog, 'list'>
  readonly explain: (asked: { user: string; address: string; protocol?: LoginProtocol }) => Promise<Explanation>
  /** Hands a message to the queue. @returns why it was not taken; undefined: it was */
  readonly submit: (submission: Submission) => Promise<string | undefined>
  /** what scripts may do */
  readonly rules: Pick<RulesSettings, 'without' | 'redirects'>
  /** Addresses that a user may write from beside the account's name; undefined: nothing is delivered here */
  readonly addresses: () => Addresses | undefined
  /** of all processes */
  readonly metrics: Pick<Gathering, 'text' | 'totals'>
  /** A profile for Apple's devices, with an app password in it; undefined: programs are told of no IMAP, or of no way to send */
  readonly profile: (address: string, appPassword: string) => string | undefined
  /** the name under which this server writes Authentication-Results: config/me */
  readonly host: string
  /** A POST to a server that a message names. @returns the status; throws where it cannot, or must not, be asked */
  readonly postOutside: (url: URL, body: string) => Promise<number>
  /** folder of the browser's files */
  readonly assets: string
}
