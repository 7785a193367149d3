import type { Chain, ChainRequest } from '../../login/chain'
import { textOf } from '../../terms/errors'
import type { Log } from '../../terms/ports'
import { HOOK, type Next } from '../host'
import { type HookResult, LoginAttempt } from './attempt'
import { guardHooks, type Registered } from './guard'

/** The part of Haraka's server that runs hooks. */
export interface HookServer {
  readonly plugins?: Registered & { run_hooks(hook: string, object: object, params: readonly unknown[]): void }
  readonly logger?: { add_log_methods(target: object): void }
}

/** Longer than any plugin's own time limit (30 s): only a lost answer gets here. */
const LIMIT = 60_000

/** Haraka writes the first parameter of a hook into its log as it is as text. */
const parametersOf = ({ protocol, mechanism }: LoginAttempt): object =>
  Object.defineProperty({ protocol, mechanism }, 'toString', { value: () => `${protocol} ${mechanism}` })

/** Runs Haraka's hook chain `login`. A plugin that throws, rejects or never answers does not open the door. */
export function createHookChain(server: HookServer, log: Log): Chain {
  server.logger?.add_log_methods(LoginAttempt)
  return async (request) => {
    const attempt = new LoginAttempt(server, request)
    if (!server.plugins) return { kind: 'unavailable' }
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<HookResult>((resolve) => {
      timer = setTimeout(() => resolve({ code: HOOK.denysoft, account: undefined }), LIMIT)
    })
    try {
      guardHooks(server.plugins, log)
      server.plugins.run_hooks('login', attempt, [parametersOf(attempt)])
      const { code, account } = await Promise.race([attempt.done, late])
      if (code === HOOK.ok) return typeof account === 'string' ? { kind: 'accepted', account } : { kind: 'accepted' }
      return { kind: code === HOOK.denysoft ? 'unavailable' : 'refused' }
    } catch (error) {
      log.error(`login hook: ${textOf(error)}`)
      return { kind: 'unavailable' }
    } finally {
      clearTimeout(timer)
      attempt.forget()
    }
  }
}

/** Our own plugin of the hook `login`: the account directory. Unknown users are left to the plugins behind it. */
export function directoryHook(next: Next, attempt: Pick<ChainRequest, 'verify'>): void {
  attempt.verify().then(
    (outcome) => {
      if (outcome === 'right') next(HOOK.ok)
      else if (outcome === 'unknown') next()
      else if (outcome === 'unavailable') next(HOOK.denysoft)
      else next(HOOK.deny)
    },
    () => next(HOOK.denysoft),
  )
}
