import type { LoginAnswer, LoginPeer } from '../../login/login'
import type { Account } from '../../mailbox/vocabulary'
import { accountId } from '../../terms/names'
import { Refused, unauthorized, unavailable, unwrap } from '../kernel/faults'
import type { WebPorts } from '../ports'
import { hasSecondFactor } from './credentials'
import type { Assertion } from './passkeys/ceremony'
import { createPasskeys } from './passkeys/passkeys'
import { createSecondFactor, type Second } from './second-factor'
import { type MadeCredential, SCOPES } from './sessions'
import type { Standing } from './standing'

export interface LogIn {
  readonly user: string
  readonly password: string
  /** of the second factor, when the account has one */
  readonly code?: string | undefined
  readonly passkey?: Assertion | undefined
}
type Opened = MadeCredential & { readonly account: Account }
type Identity = Extract<LoginAnswer, { kind: 'granted' }>['identity']

/** How one comes in. Passwords and passkeys are judged at the one login door only. */
export function createLogIn(ports: WebPorts, { expired }: Standing) {
  const { login, sessions, room, settings, clock } = ports
  const passkeys = createPasskeys(ports)
  const secondIs = createSecondFactor(ports, passkeys)

  /** Password and second factor at the one door. */
  const attempt = (peer: LoginPeer, user: string, password: string, second: Second): Promise<LoginAnswer> =>
    login.attempt(peer, user, password, {
      text: second.passkey?.signature ?? second.code,
      check: (identity) => secondIs(identity?.id, second, peer),
    })

  /** For one session more: what has expired goes, and then what was used longest ago. */
  async function makeRoom(account: string): Promise<void> {
    const own = (await sessions.list(account)).filter(({ kind }) => kind === 'session')
    const dead = own.filter(expired)
    const alive = own.filter((session) => !expired(session)).sort((a, b) => a.activeAt - b.activeAt)
    const over = alive.slice(0, Math.max(0, alive.length - settings.maxSessions + 1))
    for (const { id } of [...dead, ...over]) await sessions.remove(id)
  }

  async function open(
    peer: LoginPeer,
    { id, epoch = '', appPassword }: Identity,
    { userAgent, passkey }: { userAgent: string; passkey?: Assertion },
  ): Promise<Opened> {
    const account = await room.accounts.get(accountId(id))
    if (!account) throw unauthorized()
    const key = account.credentials.passkeys?.find(({ credential }) => credential === passkey?.id)
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
        totp: hasSecondFactor(account.credentials),
        epochs: [epoch],
        ...(appPassword !== undefined && { appPassword }),
        ...(key && { passkey: key.id }),
      }),
    )
    return { ...created, account }
  }

  /** Throws 403. */
  function mustBePrivate(peer: LoginPeer): void {
    if (login.allowsCleartext(peer)) return
    throw new Refused(403, 'tls-required', 'Passwords are taken over HTTPS only.')
  }

  return {
    attempt,
    passkeys,

    /** A browser's login. Throws 401, 403 or 503. */
    async logIn(peer: LoginPeer, given: LogIn, userAgent: string): Promise<Opened> {
      mustBePrivate(peer)
      const { user, password, code = '', passkey } = given
      const answer = await attempt(peer, user, password, { code, passkey })
      if (answer.kind === 'unavailable') throw unavailable()
      if (answer.kind === 'invalid' && answer.incomplete) {
        throw new Refused(401, 'code-required', 'Enter the code of your authenticator app, or use a passkey.')
      }
      if (answer.kind === 'invalid') throw unauthorized()
      return open(peer, answer.identity, { userAgent })
    },

    /** With a passkey alone, which is two factors in one: what one has, and a finger or a PIN. Throws the same. */
    async logInByPasskey(peer: LoginPeer, passkey: Assertion, userAgent: string): Promise<Opened> {
      mustBePrivate(peer)
      const { name, id } = await passkeys.claimed(passkey)
      const answer = await login.claim(peer, {
        user: name,
        mechanism: 'PASSKEY',
        distinct: `${passkey.id} ${passkey.signature}`,
        check: (opened) => passkeys.opens(opened === id ? id : undefined, passkey, peer),
      })
      if (answer.kind === 'unavailable') throw unavailable()
      if (answer.kind === 'invalid') throw unauthorized()
      return open(peer, answer.identity, { userAgent, passkey })
    },
  }
}
