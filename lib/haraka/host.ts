import type { Application } from 'express'

/** The part of Haraka 3 that this package touches. Haraka has no types of its own. */

/** An object in place of the text (`haraka-dsn`) brings its own reply code. */
export type Next = (code?: number, message?: string | object) => void

interface HarakaConfig {
  get(name: string, type?: string | object, changed?: () => void, options?: object): unknown
  module_config(defaults: string, overrides?: string): HarakaConfig
  root_path?: string
}

export interface HarakaPlugin {
  readonly name: string
  config: HarakaConfig
  register_hook(hook: string, method: string, priority?: number): void
  haraka_require(module: string): unknown
  loginfo(text: string): void
  lognotice(text: string): void
  logwarn(text: string): void
  logerror(text: string): void
  logdebug(text: string): void
}

export interface HarakaServer {
  notes: Record<string, unknown>
  readonly cluster?: { readonly isMaster?: boolean; readonly isPrimary?: boolean }
  readonly cfg?: { readonly main?: { readonly nodes?: number | string } }
  readonly listeners?: unknown[]
  readonly plugins?: { run_hooks(hook: string, object: object, params: readonly unknown[]): void }
  readonly logger?: { add_log_methods(target: object): void }
  /** there once Haraka's HTTP server is, which needs config/http.ini and the package express */
  readonly http?: {
    readonly app?: Application
  }
}

export interface Address {
  readonly user: string
  readonly host: string
  readonly address: string
  format(): string
  isNull(): boolean
}

/** What plugins found out, by their names. */
export interface Results {
  get(plugin: string): Readonly<Record<string, unknown>> | undefined
}

export interface Transaction {
  readonly uuid: string
  readonly mail_from: Address
  rcpt_to: Address[]
  readonly notes: Record<string, unknown>
  readonly results?: Results
  readonly data_bytes: number
  readonly message_stream: { get_data(done: (data: Buffer | string) => void): void }
}

export interface Connection {
  readonly uuid: string
  readonly transaction: Transaction | null
  readonly relaying: boolean
  /** a stream over its socket */
  readonly client?: { readonly targetsocket?: { setNoDelay(on: boolean): void }; destroy?(): void }
  /** haraka-constants, connection.state */
  readonly state?: number
  respond?(code: number, text: string, done: () => void): void
  disconnect?(): void
  readonly remote: { readonly ip: string }
  readonly notes: Record<string, unknown>
}

/** `haraka-constants`: put on the global object only after the first package plugin was loaded, so never read at module level. */
export const HOOK = {
  cont: 900,
  stop: 901,
  deny: 902,
  denysoft: 903,
  denydisconnect: 904,
  ok: 906,
  denysoftdisconnect: 909,
} as const
