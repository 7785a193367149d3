import { Refused } from '../kernel/faults'
import type { HttpSettings } from '../settings'
import { hasSecondFactor } from './credentials'
import type { Principal } from './principal'
import type { Scope } from './sessions'

/** @returns a check that throws 403 when this principal may not do that */
export const createScopeCheck =
  ({ adminTotp }: Pick<HttpSettings, 'adminTotp'>) =>
  ({ account, credential }: Principal, scope: Scope | 'session'): void => {
    const isSession = credential.kind === 'session'
    if (scope === 'session') {
      if (isSession) return
      throw new Refused(403, 'session-required', 'Tokens cannot do this.')
    }
    // A browser's session may do what its account may now; a token never more than it was made for.
    if (!isSession && !credential.scopes.includes(scope)) {
      throw new Refused(403, 'scope', `This needs the scope ${scope}.`)
    }
    if (scope !== 'admin') return
    if (!account.admin) throw new Refused(403, 'scope', 'This needs an administrator.')
    if (adminTotp && !(credential.totp && hasSecondFactor(account.credentials))) {
      throw new Refused(403, 'totp-required', 'Administrators need a second factor: set it up under Account first.')
    }
  }
