import type { LoginPeer } from '../login/login'
import { accountId } from '../terms/names'
import { Refused, unauthorized } from './faults'
import type { HttpPorts } from './ports'
import type { Principal } from './route'
import { type Credential, SCOPES, type Scope } from './sessions'
import { totpStep } from './totp'

/** Who may come in, and who is in. Passwords are checked by the one login door only. */

const MAX_CODES = 5
const CODES_BAR = 15 * 60_000
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

  /** Checks a code and counts: whoever knows the password has few tries. Throws what the browser is to hear. */
  async function secondFactor(id: string, secret: string, code: string | undefined, peer: LoginPeer): Promise<void> {
    if (code === undefined || code === '') {
      throw new Refused(401, 'code-required', 'Enter the code of your authenticator app.')
    }
    const now = clock.now()
    const verdict = await sessions.changeTotp(id, (before) => {
      if (before.barredUntil > now) return [before, 'barred']
      const step = totpStep(secret, code, now, before.step)
      if (step !== undefined) return [{ step, failures: 0, barredUntil: 0 }, 'right']
      const failures = before.failures + 1
      return [{ ...before, failures, barredUntil: failures % MAX_CODES === 0 ? now + CODES_BAR : 0 }, 'wrong']
    })
    if (verdict === 'right') return
    const account = await room.store.accounts.get(accountId(id))
    const entry = { at: now, user: account?.name ?? '', address: peer.address, protocol: 'http', mechanism: 'TOTP' }
    await note({ ...entry, verdict: 'refused', reason: verdict === 'barred' ? 'barred-code' : 'wrong-code' })
    throw new Refused(401, 'code-wrong', 'This code is not right, or was used already. Try the next one.')
  }

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
    const own = sessions.list(account).filter(({ kind }) => kind === 'session')
    const dead = own.filter(expired)
    const alive = own.filter((one) => !expired(one)).sort((a, b) => a.activeAt - b.activeAt)
    const over = alive.slice(0, Math.max(0, alive.length - settings.maxSessions + 1))
    for (const { id } of [...dead, ...over]) await sessions.remove(id)
  }

  return {
    note,
    secondFactor,
    expired,

    /** A browser's login. Throws 401, 403 or 503. */
    async logIn(peer: LoginPeer, given: LogIn, userAgent: string) {
      if (!login.allowsCleartext(peer)) {
        throw new Refused(403, 'tls-required', 'Passwords are taken over HTTPS only.')
      }
      const answer = await login.attempt(peer, given.user, given.password)
      if (answer.kind === 'unavailable') throw new Refused(503, 'unavailable', 'Not available now, try again later.')
      if (answer.kind === 'invalid') throw unauthorized()
      const account = await room.store.accounts.get(accountId(answer.identity.id))
      if (!account) throw unauthorized()
      const { totp } = account.credentials
      if (totp !== undefined) await secondFactor(account.id, totp, given.code, peer)
      await makeRoom(account.id)
      const now = clock.now()
      const made = await sessions.create({
        kind: 'session',
        account: account.id,
        label: userAgent,
        address: peer.address,
        createdAt: now,
        activeAt: now,
        scopes: SCOPES.filter((scope) => scope !== 'admin' || account.admin),
        totp: totp !== undefined,
      })
      return { ...made, account }
    },

    /**
     * Who a secret belongs to now.
     * @param active the request was the user's doing, so that the session lives on; false: a live update asked by itself
     */
    async principal(secret: string, active: boolean): Promise<Principal | undefined> {
      const credential = sessions.find(secret)
      if (!credential) return undefined
      if (expired(credential)) {
        await sessions.remove(credential.id)
        return undefined
      }
      const account = await room.store.accounts.get(accountId(credential.account))
      const open =
        account && !account.disabled && (account.protocols.length === 0 || account.protocols.includes('http'))
      if (!open) return undefined
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
      if (!credential.scopes.includes(scope)) throw new Refused(403, 'scope', `This needs the scope ${scope}.`)
      if (scope !== 'admin') return
      if (!account.admin) throw new Refused(403, 'scope', 'This needs an administrator.')
      if (settings.adminTotp && !credential.totp) {
        throw new Refused(403, 'totp-required', 'Administrators need a second factor: set it up under Account first.')
      }
    },
  }
}

export type Admit = ReturnType<typeof createAdmit>
