import type { LoginAnswer, LoginPeer } from '../../login/login'
import type { Account } from '../../store/account'
import { accountId } from '../../terms/names'
import { Refused, unauthorized, unwrap } from '../kernel/faults'
import type { HttpPorts } from '../ports'
import type { Principal } from '../route/route'
import { opens } from './credentials'
import { type Credential, SCOPES, type Scope } from './sessions'
import { recoveryOf, totpStep } from './totp'

/** Who may come in, and who is in. Passwords are checked by the one login door only. */

const MAX_CODES = 5
const CODES_BAR = 15 * 60_000
/** no account has this id */
const NOBODY = 'nobody'
const TOUCH_EVERY = 1000

type Ports = Pick<HttpPorts, 'login' | 'sessions' | 'room' | 'attempts' | 'settings' | 'clock' | 'log'>

export interface LogIn {
  readonly user: string
  readonly password: string
  /** of the second factor, when the account has one */
  readonly code?: string | undefined
}

export function createAdmit(ports: Ports) {
  const { login, sessions, room, attempts, settings, clock, log } = ports

  /**
   * The second factor of the account that the password opened. The login door counts a wrong code as it counts a wrong
   * password; beside that few codes in a row are looked at, wherever they come from: there are a million only.
   */
  async function codeIs(id: string | undefined, code: string): Promise<'right' | 'wrong' | 'missing'> {
    if (id === undefined && code === '') return 'wrong'
    const account = await room.store.accounts.get(accountId(id ?? NOBODY))
    const { totp: secret, recoveryCodes = [] } = account?.credentials ?? {}
    // As much work beside a wrong password as beside a right one.
    if (id === undefined) return sessions.changeTotp(NOBODY, (before) => [before, 'wrong'])
    if (secret === undefined) return 'right'
    if (code === '') return 'missing'
    const now = clock.now()
    return sessions.changeTotp(id, (before) => {
      // A bar that ends later than any that begins now is of a clock that was set back since.
      if (before.barredUntil > now && before.barredUntil <= now + CODES_BAR) return [before, 'wrong']
      const step = totpStep(secret, code, now, before.step)
      // Those of codes that were replaced are forgotten.
      const spent = (before.spent ?? []).filter((hash) => recoveryCodes.includes(hash))
      if (step !== undefined) return [{ step, spent, failures: 0, barredUntil: 0 }, 'right']
      const hash = recoveryOf(code.trim(), recoveryCodes)
      if (hash !== undefined && !spent.includes(hash)) {
        return [{ step: before.step, spent: [...spent, hash], failures: 0, barredUntil: 0 }, 'right']
      }
      const failures = before.failures + 1
      return [{ ...before, failures, barredUntil: failures % MAX_CODES === 0 ? now + CODES_BAR : 0 }, 'wrong']
    })
  }

  /** Password and second factor at the one door. */
  const attempt = (peer: LoginPeer, user: string, password: string, code = ''): Promise<LoginAnswer> =>
    login.attempt(peer, user, password, { text: code, check: (identity) => codeIs(identity?.id, code) })

  async function note(entry: Parameters<typeof attempts.note>[0]): Promise<void> {
    await attempts.note(entry).catch((error) => log.error(`http: the audit trail cannot be written: ${String(error)}`))
  }

  const expired = (credential: Credential): boolean => {
    const now = clock.now()
    if (credential.expiresAt !== undefined && now > credential.expiresAt) return true
    if (credential.kind === 'token') return false
    return now - credential.activeAt > settings.idle || now - credential.createdAt > settings.absolute
  }

  async function makeRoom(account: string): Promise<void> {
    const own = (await sessions.list(account)).filter(({ kind }) => kind === 'session')
    const dead = own.filter(expired)
    const alive = own.filter((one) => !expired(one)).sort((a, b) => a.activeAt - b.activeAt)
    const over = alive.slice(0, Math.max(0, alive.length - settings.maxSessions + 1))
    for (const { id } of [...dead, ...over]) await sessions.remove(id)
  }

  /** The account that a credential opens now: checked anew each time, so that what is taken away is gone at once. */
  async function standing(credential: Credential): Promise<Account | undefined> {
    if (expired(credential)) return undefined
    const account = await room.store.accounts.get(accountId(credential.account))
    return account && opens(credential, account) ? account : undefined
  }

  return {
    note,
    attempt,
    expired,
    standing,

    /** Who has this session now, if it is open still. */
    async now(id: string): Promise<Principal | undefined> {
      const credential = await sessions.get(id)
      const account = credential && (await standing(credential))
      return account && { credential, account }
    },

    /** Wrong API tokens count in the lockouts, and a right one opens nothing from an address that is barred. */
    admitsToken: (peer: LoginPeer, token: string, who: Principal | undefined): Promise<boolean> =>
      login.admitsToken(peer, token, who?.credential.kind === 'token' ? who.account.name : undefined),

    /** A browser's login. Throws 401, 403 or 503. */
    async logIn(peer: LoginPeer, given: LogIn, userAgent: string) {
      if (!login.allowsCleartext(peer)) {
        throw new Refused(403, 'tls-required', 'Passwords are taken over HTTPS only.')
      }
      const answer = await attempt(peer, given.user, given.password, given.code)
      if (answer.kind === 'unavailable') throw new Refused(503, 'unavailable', 'Not available now, try again later.')
      if (answer.kind === 'invalid' && answer.incomplete) {
        throw new Refused(401, 'code-required', 'Enter the code of your authenticator app.')
      }
      if (answer.kind === 'invalid') throw unauthorized()
      const account = await room.store.accounts.get(accountId(answer.identity.id))
      if (!account) throw unauthorized()
      const { epoch = '', appPassword } = answer.identity
      await makeRoom(account.id)
      const now = clock.now()
      const made = unwrap(
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
      return { ...made, account }
    },

    /**
     * Who a secret belongs to now.
     * @param active the request was the user's doing, so that the session lives on; false: a live update asked by itself
     */
    async principal(secret: string, active: boolean): Promise<Principal | undefined> {
      const credential = await sessions.find(secret)
      if (!credential) return undefined
      const account = await standing(credential)
      if (!account) {
        // A token may open again when its account does; a browser logs in again.
        if (credential.kind === 'session' || expired(credential)) await sessions.remove(credential.id)
        return undefined
      }
      const now = clock.now()
      if (active && now - credential.activeAt >= TOUCH_EVERY) {
        await sessions.update(credential.id, { activeAt: now })
        return { account, credential: { ...credential, activeAt: now } }
      }
      return { account, credential }
    },

    /** Throws 403 when this principal may not do that. */
    check({ account, credential }: Principal, scope: Scope | 'session'): void {
      if (scope === 'session') {
        if (credential.kind === 'session') return
        throw new Refused(403, 'session-required', 'Tokens cannot do this.')
      }
      // A browser's session may do what its account may now; a token never more than it was made for.
      const session = credential.kind === 'session'
      if (!session && !credential.scopes.includes(scope)) {
        throw new Refused(403, 'scope', `This needs the scope ${scope}.`)
      }
      if (scope !== 'admin') return
      if (!account.admin) throw new Refused(403, 'scope', 'This needs an administrator.')
      if (settings.adminTotp && !(credential.totp && account.credentials.totp !== undefined)) {
        throw new Refused(403, 'totp-required', 'Administrators need a second factor: set it up under Account first.')
      }
    },
  }
}

export type Admit = ReturnType<typeof createAdmit>
