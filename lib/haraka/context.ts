import type { Delivery } from '../delivery/delivery'
import type { DeliveryLog } from '../delivery/log/log'
import type { Locks } from '../locks/locks'
import type { FrontEnds } from '../login/admission/front-ends'
import type { Strangers } from '../login/admission/strangers'
import type { Login } from '../login/login'
import type { DeedLog } from '../mailbox/deeds/log'
import type { Bus, MailRoom } from '../mailbox/mailbox'
import type { Gathering } from '../metrics/gather'
import { version } from '../package-root'
import type { Store } from '../store/store'
import type { Metrics } from '../terms/ports'
import type { LoginParts } from '../wiring/login'
import type { HarakaServer } from './host'
import { createStopping } from './stopping'

/** Names of our plugins in config/plugins, behind `mailbox/`. */
export type PluginName = 'store' | 'locks' | 'login' | 'deliver' | 'pop3' | 'imap' | 'lmtp' | 'http' | 'sieve'

/** What our plugins share. */
interface SharedParts {
  /** what this process counts */
  metrics: Metrics
  /** what all processes of this home count */
  gathering: Gathering
  store: Store
  locks: Locks
  login: Login
  /** counts recipients that nobody has */
  strangers: Strangers
  /** other servers that share our lockouts */
  frontEnds: FrontEnds
  /** what lockouts are decided and explained by */
  lockouts: LoginParts
  bus: Bus
  room: MailRoom
  /** what became of each recipient */
  deliveries: DeliveryLog
  /** who removed and moved mail */
  deeds: DeedLog
  delivery: Delivery
}

/**
 * The API for third-party plugins, made in register() of the first plugin. Its parts open in the hooks init_master and
 * init_child (in the order of config/plugins); a part used before that throws with a text that says so.
 */
export class MailboxContext {
  readonly version = version
  /** those that are registered */
  readonly plugins = new Set<PluginName>()
  readonly stopping = createStopping()
  readonly #parts: Partial<SharedParts> = {}

  get metrics(): Metrics {
    return this.part('metrics')
  }
  get store(): Store {
    return this.part('store')
  }
  get locks(): Locks {
    return this.part('locks')
  }
  get login(): Login {
    return this.part('login')
  }
  get room(): MailRoom {
    return this.part('room')
  }
  get delivery(): Delivery {
    return this.part('delivery')
  }
  get hub(): MailRoom['hub'] {
    return this.part('room').hub
  }
  part<K extends keyof SharedParts>(name: K): SharedParts[K] {
    const part: SharedParts[K] | undefined = this.#parts[name]
    if (part !== undefined) return part
    throw new Error(`mailbox: '${name}' is not open yet; use it from the hooks init_master / init_child on, or later`)
  }
  has(name: keyof SharedParts): boolean {
    return this.#parts[name] !== undefined
  }
  open<K extends keyof SharedParts>(name: K, part: SharedParts[K]): void {
    this.#parts[name] = part
  }
}

export function contextOf(server: HarakaServer): MailboxContext {
  const { mailbox } = server.notes
  if (mailbox instanceof MailboxContext) return mailbox
  const context = new MailboxContext()
  server.notes.mailbox = context
  return context
}
