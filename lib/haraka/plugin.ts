import { isMainThread } from 'node:worker_threads'
import { packageRoot } from '../package-root'
import { textOf } from '../terms/errors'
import type { Log } from '../terms/ports'
import { contextOf, type MailboxContext, type PluginName } from './context'
import { hooks } from './hooks'
import { type HarakaPlugin, type HarakaServer, HOOK, type Next } from './host'

/** What a plugin gets when Haraka serves clients in this process. */
export interface Host {
  readonly plugin: HarakaPlugin
  readonly server: HarakaServer
  readonly context: MailboxContext
  readonly log: Log
  /** Haraka runs several processes of this home */
  readonly forked: boolean
  /** Parts that are closed when Haraka stops gracefully, last added first, after all sessions have ended. */
  readonly closing: (() => Promise<void>)[]
}

function serverOf(): HarakaServer {
  const server: unknown = Reflect.get(globalThis, 'server')
  if (typeof server === 'object' && server !== null && 'notes' in server) return server as HarakaServer // Haraka's own global
  throw new Error('haraka-plugin-mailbox runs inside Haraka only')
}

export function logOf(plugin: HarakaPlugin): Log {
  return {
    debug: (text) => plugin.logdebug(text),
    info: (text) => plugin.loginfo(text),
    warn: (text) => plugin.logwarn(text),
    error: (text) => plugin.logerror(text),
  }
}

/** A sentence where this Haraka is too old: 3.0.3 gives certificates to a callback, and would die of a missing promise. */
function refuseOldHaraka(plugin: HarakaPlugin, name: PluginName): void {
  const file: unknown = plugin.haraka_require('package.json')
  const version = typeof file === 'object' && file !== null ? String(Reflect.get(file, 'version')) : ''
  const [major = 0, minor = 0, patch = 0] = version.split('.').map((part) => Number.parseInt(part, 10))
  if (major * 1e6 + minor * 1e3 + patch < 3_000_004)
    throw new Error(`mailbox/${name} needs Haraka 3.0.4 or later; this is ${version}`)
}

/**
 * One plugin of config/plugins. Call it first in register(): Haraka would look for defaults in the stub's folder, and
 * register() also runs in a cluster's master and under `haraka -o`, so nothing is opened here.
 * @param needs plugins that must stand above this one
 * @param start opens this plugin's part in every process that serves clients
 */
export function mailboxPlugin(
  plugin: HarakaPlugin,
  name: PluginName,
  needs: readonly PluginName[],
  start: (host: Host) => Promise<void>,
): void {
  refuseOldHaraka(plugin, name)
  plugin.config = plugin.config.module_config(packageRoot, process.env.HARAKA)
  const context = contextOf(serverOf())
  for (const needed of needs) {
    if (context.plugins.has(needed)) continue
    throw new Error(`mailbox/${name} needs the line 'mailbox/${needed}' above it in config/plugins`)
  }
  context.plugins.add(name)

  const { parts: closing } = context.stopping
  async function starter(next: Next, server: HarakaServer): Promise<void> {
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
  hooks(plugin, { init_master: starter, init_child: starter })
  // Haraka calls it by this name, without a hook.
  Object.assign(plugin, { shutdown: () => context.stopping.run(logOf(plugin)) })
}
