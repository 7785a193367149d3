import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { HOOK } from '../host'

type Hook = (this: unknown, next: (code?: number) => void, attempt: object, params: unknown) => unknown

export interface Registered {
  readonly registered_hooks?: Readonly<Record<string, readonly { readonly plugin: string; readonly method: string }[]>>
  readonly registered_plugins?: Readonly<Record<string, object>>
}

const guarded = new WeakSet<object>()

const isThenable = (value: unknown): value is PromiseLike<unknown> =>
  typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'

function guard(name: string, original: Hook, log: Log): Hook {
  const hook: Hook = function (next, attempt, params) {
    const result = original.call(this, next, attempt, params)
    if (isThenable(result)) {
      result.then(undefined, (error: unknown) => {
        log.error(`login hook of ${name}: ${textOf(error)}`)
        next(HOOK.denysoft)
      })
    }
    return result
  }
  guarded.add(hook)
  return hook
}

/**
 * Haraka drops the promise of an async hook, and a rejection then ends the process. A login plugin that cannot reach its
 * server must cost one login, not the mail server: rejections of the hook `login` become DENYSOFT.
 */
export function guardHooks({ registered_hooks, registered_plugins }: Registered, log: Log): void {
  for (const { plugin, method } of registered_hooks?.login ?? []) {
    const target = registered_plugins?.[plugin]
    const original: unknown = target && Reflect.get(target, method)
    if (!target || typeof original !== 'function' || guarded.has(original)) continue
    Reflect.set(
      target,
      method,
      guard(plugin, (...args) => Reflect.apply(original, target, args), log),
    )
  }
}
