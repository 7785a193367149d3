import type { LoginAnswer, LoginPeer } from '../../login/login'
import type { Account } from '../../mailbox/vocabulary'
import { accountId } from '../../terms/names'
import { Refused, unauthorized, unavailable, unwrap } from '../kernel/faults'
import type { WebPorts } from '../ports'
import { createSecondFactor } from './second-factor'
import { type MadeCredential, SCOPES } from './sessions'
import type { Standing } from './standing'

export interface LogIn {
  readonly user: string
  readonly password: string
  /** of the second factor, when the account has one */
  readonly code?: string | undefined
}

/** How one comes in. Passwords are checked by the one login door only. */
export function createLogIn(ports: WebPorts, { expired }: Standing) {
  const { login, sessions, room, settings, clock } = ports
  const codeIs = createSecondFactor(ports)

  /** Password and second factor at the one door. */
  const attempt = (peer: LoginPeer, user: string, password: string, code = ''): Promise<LoginAnswer> =>
    login.attempt(peer, user, password, { text: code, check: (identity) => codeIs(identity?.id, code) })

  /** For one session more: what has expired goes, and then what was used longest ago. */
  async function makeRoom(account: string): Promise<void> {
    const own = (await sessions.list(account)).filter(({ kind }) => kind === 'session')
    const dead = own.filter(expired)
    const alive = own.filter((session) => !expired(session)).sort((a, b) => a.activeAt - b.activeAt)
    const over = alive.slice(0, Math.max(0, alive.length - settings.maxSessions + 1))
    for (const { id } of [...dead, ...over]) await sessions.remove(id)
  }

  /** A browser's login. Throws 401, 403 or 503. */
  async function logIn(
    peer: LoginPeer,
    { user, password, code }: LogIn,
    userAgent: string,
  ): Promise<MadeCredential & { account: Account }> {
    if (!login.allowsCleartext(peer)) {
      throw new Refused(403, 'tls-required', 'Passwords are taken over HTTPS only.')
    }
    const answer = await attempt(peer, user, password, code)
    if (answer.kind === 'unavailable') throw unavailable()
    if (answer.kind === 'invalid' && answer.incomplete) {
      throw new Refused(401, 'code-required', 'Enter the code of your authenticator app.')
    }
    if (answer.kind === 'invalid') throw unauthorized()
    const account = await room.accounts.get(accountId(answer.identity.id))
    if (!account) throw unauthorized()
    const { epoch = '', appPassword } = answer.identity
    await makeRoom(account.id)
    const now = clock.now()
    const created = unwrap(
      await sessions.create({
        kind: 'session',
        account: account.id,
        label: userAgent,
        address: peer.address,
        createdAt: now,
        activeAt: now,
        scopes: SCOPES,
        totp: account.credentials.totp !== undefined,
        epochs: [epoch],
        ...(appPassword !== undefined && { appPassword }),
      }),
    )
    return { ...created, account }
  }

  return { attempt, logIn }
}
