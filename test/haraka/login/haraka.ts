import { createRequire } from 'node:module'
import type { VerifyOutcome } from '../../../lib/login/chain'

/** The real hook runner of Haraka, in this process. */
type Hook = (next: (code?: number, message?: unknown) => void, attempt: Attempt, params: unknown[]) => unknown
export interface Attempt {
  account: string | undefined
  readonly user: string
  password(): string
  verify(): Promise<VerifyOutcome>
  logerror(text: string): void
}
interface Runner {
  registered_plugins: Record<string, object>
  registered_hooks: Record<string, { plugin: string; method: string; priority: number }[]>
  run_hooks(hook: string, object: object, params: readonly unknown[]): void
}
interface Logger {
  loglevel: number
  add_log_methods(target: object): void
  log(level: string, text: string): unknown
}

const load = createRequire(__filename)

export function harakaRunner() {
  const plugins: Runner = load('haraka/plugins')
  const logger: Logger = load('haraka/logger')
  const written: string[] = []
  const before = { level: logger.loglevel, log: logger.log }
  logger.loglevel = 9
  logger.log = (_level, text) => {
    written.push(text)
    return true
  }
  plugins.registered_plugins = {}
  plugins.registered_hooks = {}
  return {
    server: { plugins, logger },
    /** all that Haraka logged, at every level */
    written,
    plugin(name: string, hooks: Record<string, Hook>, timeout = 30): void {
      plugins.registered_plugins[name] = { name, timeout, ...hooks }
      for (const method of Object.keys(hooks)) {
        plugins.registered_hooks[method] ??= []
        plugins.registered_hooks[method].push({ plugin: name, method, priority: 0 })
      }
    },
    restore(): void {
      logger.loglevel = before.level
      logger.log = before.log
    },
  }
}
