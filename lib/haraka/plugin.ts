import { isMainThread } from 'node:worker_threads'
import type { FinalDelivery } from '../delivery/delivery'
import type { DeliveryLog } from '../delivery/log'
import type { Locks } from '../locks/locks'
import type { Strangers } from '../login/admission/strangers'
import type { ExplainPorts } from '../login/lockout/explain'
import type { Login } from '../login/login'
import type { Bus, MailRoom } from '../mailbox/mailbox'
import type { Gathering } from '../metrics/gather'
import { packageRoot, version } from '../package-root'
import type { Store } from '../store/store'
import { textOf } from '../terms/errors'
import type { Log, Metrics } from '../terms/ports'
import { type HarakaPlugin, type HarakaServer, HOOK, type Next } from './host'

/** What the lines of config/plugins put in common, at `server.notes.mailbox`. */
export interface Parts {
  /** what this process counts */
  metrics: Metrics
  /** what all processes of this home count */
  gathering: Gathering
  store: Store
  locks: Locks
  login: Login
  /** counts recipients that nobody has */
  strangers: Strangers
  /** what lockouts are decided and explained by */
  lockouts: ExplainPorts
  bus: Bus
  room: MailRoom
  /** what became of each recipient */
  deliveries: DeliveryLog
  delivery: FinalDelivery
}
export type Line = 'store' | 'locks' | 'login' | 'deliver' | 'pop3' | 'imap' | 'lmtp' | 'http' | 'sieve'

/**
 * The API for third-party plugins, made in register() of the first line. Its parts open in the hooks init_master and
 * init_child (in the order of the lines); a part used before that throws with a text that says so.
 */
export class MailboxContext {
  readonly version = version
  readonly lines = new Set<Line>()
  readonly #parts: Partial<Parts> = {}

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
  get delivery(): FinalDelivery {
    return this.part('delivery')
  }
  get hub(): MailRoom['hub'] {
    return this.part('room').hub
  }
  part<K extends keyof Parts>(name: K): Parts[K] {
    const part: Parts[K] | undefined = this.#parts[name]
    if (part !== undefined) return part
    throw new Error(`mailbox: '${name}' is not open yet; use it from the hooks init_master / init_child on, or later`)
  }
  has(name: keyof Parts): boolean {
    return this.#parts[name] !== undefined
  }
  open<K extends keyof Parts>(name: K, part: Parts[K]): void {
    this.#parts[name] = part
  }
}

/** What a line gets when Haraka serves clients in this process. */
export interface Host {
  readonly plugin: HarakaPlugin
  readonly server: HarakaServer
  readonly context: MailboxContext
  readonly log: Log
  /** Haraka runs several processes of this home */
  readonly forked: boolean
  /** run when Haraka shuts down gracefully, last added first */
  readonly closing: (() => Promise<void>)[]
}

function serverOf(): HarakaServer {
  const server: unknown = Reflect.get(globalThis, 'server')
  if (typeof server === 'object' && server !== null && 'notes' in server) return server as HarakaServer // Haraka's own global
  throw new Error('haraka-plugin-mailbox runs inside Haraka only')
}

export function contextOf(server: HarakaServer): MailboxContext {
  const found = server.notes.mailbox
  if (found instanceof MailboxContext) return found
  const context = new MailboxContext()
  server.notes.mailbox = context
  return context
}

export function logOf(plugin: HarakaPlugin): Log {
  return {
    debug: (text) => plugin.logdebug(text),
    info: (text) => plugin.loginfo(text),
    warn: (text) => plugin.logwarn(text),
    error: (text) => plugin.logerror(text),
  }
}

/**
 * One line of config/plugins. Call it first in register(): Haraka would look for defaults in the stub's folder, and
 * register() also runs in a cluster's master and under `haraka -o`, so nothing is opened here.
 * @param needs lines that must stand above this one
 * @param start opens this line's part in every process that serves clients
 */
export function line(
  plugin: HarakaPlugin,
  name: Line,
  needs: readonly Line[],
  start: (host: Host) => Promise<void>,
): MailboxContext {
  plugin.config = plugin.config.module_config(packageRoot, process.env.HARAKA)
  const context = contextOf(serverOf())
  for (const needed of needs) {
    if (context.lines.has(needed)) continue
    throw new Error(`mailbox/${name} needs the line 'mailbox/${needed}' above it in config/plugins`)
  }
  context.lines.add(name)

  const closing: Host['closing'] = []
  const starter = async (next: Next, server: HarakaServer): Promise<void> => {
    if (server.cluster?.isMaster || !isMainThread) return next()
    try {
      const forked = server.cluster !== undefined
      await start({ plugin, server, context, log: logOf(plugin), forked, closing })
      next()
    } catch (error) {
      plugin.logerror(`mailbox/${name} cannot start: ${textOf(error)}`)
      next(HOOK.deny, `mailbox/${name}: ${textOf(error)}`)
    }
  }
  Object.assign(plugin, {
    mailbox_start: starter,
    shutdown: async () => {
      for (const close of closing.reverse()) await close().catch((error) => plugin.logerror(textOf(error)))
    },
  })
  plugin.register_hook('init_master', 'mailbox_start')
  plugin.register_hook('init_child', 'mailbox_start')
  return context
}
