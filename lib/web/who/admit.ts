import type { LoginPeer } from '../../login/login'
import type { WebPorts } from '../ports'
import { createLogIn } from './log-in'
import type { Principal } from './principal'
import { createScopeCheck } from './scopes'
import { createStanding } from './standing'

/** Who may come in, who is in, and what they may do. */
export function createAdmit(ports: WebPorts) {
  const standing = createStanding(ports)
  const { attempt, logIn, logInByPasskey, passkeys } = createLogIn(ports, standing)
  return {
    ...standing,
    ...{ attempt, logIn, logInByPasskey, passkeys },
    check: createScopeCheck(ports.settings),

    /** Wrong API tokens count in the lockouts, and a right one opens nothing from an address that is locked out. */
    admitsToken: (peer: LoginPeer, token: string, principal: Principal | undefined): Promise<boolean> =>
      ports.login.admitsToken(peer, token, principal?.credential.kind === 'token' ? principal.account.name : undefined),
  }
}

export type Admit = ReturnType<typeof createAdmit>
