import type { HarakaPlugin, Next } from './host'

/** What Haraka calls; what comes behind `next` depends on the hook. */
export type Hook = (next: Next, ...subject: never[]) => void

/**
 * Registers functions by the hooks that they serve. Haraka calls a method of the plugin by its name, so each becomes one.
 * @param table a function, or one with a priority: -100 comes first, 100 last
 */
export function hooks(plugin: HarakaPlugin, table: Readonly<Record<string, Hook | readonly [Hook, number]>>): void {
  for (const [hook, entry] of Object.entries(table)) {
    const [run, priority] = typeof entry === 'function' ? [entry, 0] : entry
    const method = `mailbox_${hook}`
    Reflect.set(plugin, method, run)
    plugin.register_hook(hook, method, priority)
  }
}
