import type { TellHolder } from '../locks/refusal'
import type { Login } from '../login/login'
import type { MailRoom } from '../mailbox/mailbox'
import type { Clock, Log } from '../terms/ports'
import type { HttpSettings } from './settings'
import type { PasskeySite } from './who/passkeys/sites'
import type { Sessions } from './who/sessions'

/** What every protocol over HTTP works with. */
export interface WebPorts {
  readonly room: MailRoom
  readonly login: Login
  readonly sessions: Sessions
  readonly settings: HttpSettings
  readonly tellHolder: TellHolder
  readonly passkeys: {
    readonly sites: readonly PasskeySite[]
    /** makes challenges; the same in all processes */
    readonly secret: Buffer
  }
  readonly version: string
  readonly clock: Clock
  readonly log: Log
}
