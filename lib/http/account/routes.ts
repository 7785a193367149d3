import type { LoginPeer } from '../../login/login'
import { LOGIN_PROTOCOLS } from '../../login/login'
import { setPassword } from '../../login/passwords'
import { newAppPassword } from '../../login/passwords/app-passwords'
import { type Account, type AccountChange, type AppPassword, settingCredentials } from '../../store/account'
import { notFound, Refused, unwrap } from '../../web/kernel/faults'
import { choice, list, object, optional, text, whole } from '../../web/kernel/schema'
import type { Web } from '../../web/ports'
import { DONE, defineRoute, done, json, type Principal, type Route } from '../../web/route/route'
import type { Admit } from '../../web/who/admit'
import {
  addingAppPassword,
  addingTotp,
  followingEpoch,
  removingAppPassword,
  replacingTotp,
  whileOpen,
  withoutTotp,
} from '../../web/who/credentials'
import { SCOPES } from '../../web/who/sessions'
import { newRecoveryCodes, newTotpSecret, qrRows, totpStep, totpUri } from '../../web/who/totp'

const DAY = 86_400_000
const SHORTEST_PASSWORD = 8
/** of an account: more are refused until some are taken away */
const MOST_TOKENS = 50

export const appPassword = object({ id: text(64), label: text(100), protocols: list(text(20)), createdAt: whole() })
const token = object({
  id: text(64),
  label: text(100),
  scopes: list(choice(...SCOPES)),
  createdAt: whole(),
  activeAt: whole(),
  expiresAt: optional(whole()),
})
export const appPasswordView = ({ id, label, protocols, createdAt }: AppPassword) => ({
  id,
  label,
  protocols,
  createdAt,
})
export const newPassword = (password: string): string => {
  if (password.length >= SHORTEST_PASSWORD) return password
  throw new Refused(422, 'weak-password', `A password has at least ${SHORTEST_PASSWORD} characters.`)
}

/** What an owner does to the own account. */
export function accountRoutes(web: Web, admit: Admit): readonly Route[] {
  const { room, sessions, leases, login, clock } = web
  const { accounts } = room.store

  const change = async ({ account, credential }: Principal, how: AccountChange): Promise<void> => {
    unwrap(await accounts.update(account.id, whileOpen(credential, how)))
  }

  /**
   * Changes of credentials ask for the password once more, through the one door.
   * @returns the epoch of the password that was right
   */
  async function confirm(call: { peer: LoginPeer }, account: Account, password: string): Promise<string | undefined> {
    const answer = await login.attempt(call.peer, account.name, password)
    // An app password of one program must not make itself the owner.
    if (answer.kind === 'granted' && answer.identity.appPassword === undefined) return answer.identity.epoch
    throw new Refused(403, 'wrong-password', 'The password is not right.')
  }

  async function confirmBoth(call: { peer: LoginPeer }, account: Account, given: { password: string; code: string }) {
    const answer = await admit.attempt(call.peer, account.name, given.password, given.code)
    if (answer.kind === 'granted' && answer.identity.appPassword === undefined) return
    throw new Refused(403, 'wrong-password', 'The password or the code is not right.')
  }

  return [
    defineRoute({
      method: 'post',
      path: '/account/password',
      scope: 'session',
      summary: 'Changes the password, and ends all other sessions and all API tokens',
      body: object({ password: text(1000), next: text(1000) }),
      answer: done,
      run: async (call) => {
        const { account, credential } = call.principal()
        const confirmed = await confirm(call, account, call.body.password)
        const fresh = await setPassword(newPassword(call.body.next))
        // Its own live updates may ask between the two.
        await sessions.update(credential.id, { epochs: [...credential.epochs, fresh.epoch] })
        await change(call.principal(), followingEpoch(confirmed, settingCredentials(fresh)))
        await sessions.update(credential.id, { epochs: [fresh.epoch] })
        for (const one of await sessions.list(account.id)) {
          if (one.id === credential.id) continue
          await sessions.remove(one.id)
          await leases.releaseAll(one.id)
        }
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/totp/offer',
      scope: 'session',
      summary: 'A new secret for an authenticator app; it counts once a code of it came back',
      answer: object({ secret: text(), uri: text(), qr: list(text()) }),
      run: async ({ principal }) => {
        const secret = newTotpSecret()
        const uri = totpUri(secret, principal().account.name)
        return json({ secret, uri, qr: qrRows(uri) })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/totp',
      scope: 'session',
      summary: 'Sets up the second factor; the recovery codes are shown once',
      body: object({ password: text(1000), secret: text(64), code: text(20) }),
      answer: object({ recoveryCodes: list(text()) }),
      run: async (call) => {
        const { account, credential } = call.principal()
        const { secret, code, password } = call.body
        if (account.credentials.totp !== undefined)
          throw new Refused(409, 'exists', 'There is a second factor already.')
        if (!/^[A-Z2-7]{32}$/.test(secret)) throw new Refused(422, 'bad-secret', 'The secret is not one of ours.')
        await confirm(call, account, password)
        const step = totpStep(secret, code, clock.now())
        if (step === undefined)
          throw new Refused(422, 'code-wrong', 'This code is not right. Is the clock of the phone right?')
        await sessions.changeTotp(account.id, () => [{ step, failures: 0, barredUntil: 0 }, undefined])
        const { codes, hashes } = newRecoveryCodes()
        await change(call.principal(), addingTotp(secret, hashes))
        await sessions.update(credential.id, { totp: true })
        return json({ recoveryCodes: codes })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/totp/recovery-codes',
      scope: 'session',
      summary: 'Makes new recovery codes, shown once; the old ones open nothing any more',
      body: object({ password: text(1000), code: text(20) }),
      answer: object({ recoveryCodes: list(text()) }),
      run: async (call) => {
        const { account } = call.principal()
        const { totp } = account.credentials
        if (totp === undefined) throw notFound('second factor')
        await confirmBoth(call, account, call.body)
        const { codes, hashes } = newRecoveryCodes()
        const how = replacingTotp(totp, (now) => ({ ...now, recoveryCodes: hashes }))
        await change(call.principal(), how)
        return json({ recoveryCodes: codes })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/totp',
      scope: 'session',
      summary: 'Takes the second factor away',
      body: object({ password: text(1000), code: text(20) }),
      answer: done,
      run: async (call) => {
        const { account, credential } = call.principal()
        const { totp } = account.credentials
        if (totp === undefined) throw notFound('second factor')
        await confirmBoth(call, account, call.body)
        await change(call.principal(), replacingTotp(totp, withoutTotp))
        await sessions.update(credential.id, { totp: false })
        return DONE
      },
    }),
    defineRoute({
      method: 'get',
      path: '/account/keys',
      scope: 'session',
      summary: 'App passwords and API tokens',
      answer: object({ appPasswords: list(appPassword), tokens: list(token) }),
      run: async ({ principal }) => {
        const { account } = principal()
        const tokens = (await sessions.list(account.id)).filter(({ kind }) => kind === 'token')
        return json({
          appPasswords: (account.credentials.appPasswords ?? []).map(appPasswordView),
          tokens: tokens.map(({ id, label, scopes, createdAt, activeAt, expiresAt }) => ({
            ...{ id, label, scopes, createdAt, activeAt, expiresAt },
          })),
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/app-passwords',
      scope: 'session',
      summary: 'Makes a password for one mail program; shown once',
      body: object({
        label: text(100),
        protocols: optional(list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length)),
        password: text(1000),
      }),
      answer: object({ id: text(), password: text() }),
      status: 201,
      run: async (call) => {
        const { account } = call.principal()
        await confirm(call, account, call.body.password)
        const { password, verifier, tag } = newAppPassword()
        const { label, protocols = ['imap', 'pop3', 'smtp'] } = call.body
        const made = { id: crypto.randomUUID(), label, protocols, password: verifier, tag, createdAt: clock.now() }
        await change(call.principal(), addingAppPassword(made))
        return json({ id: made.id, password })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/app-passwords/:id',
      scope: 'session',
      summary: 'Takes an app password away',
      answer: done,
      run: async ({ principal, params }) => {
        await change(principal(), removingAppPassword(params.id ?? ''))
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/tokens',
      scope: 'session',
      summary: 'Makes an API token with scopes; shown once',
      body: object({
        label: text(100),
        scopes: list(choice(...SCOPES), SCOPES.length),
        days: optional(whole(1, 3650)),
        password: text(1000),
      }),
      answer: object({ id: text(), token: text() }),
      status: 201,
      run: async (call) => {
        const { account, credential } = call.principal()
        const { label, scopes, days, password } = call.body
        await confirm(call, account, password)
        if (scopes.includes('admin')) admit.check(call.principal(), 'admin')
        const now = clock.now()
        const { secret, credential: made } = unwrap(
          await sessions.create(
            {
              kind: 'token',
              account: account.id,
              label,
              address: call.peer.address,
              createdAt: now,
              activeAt: now,
              ...(days !== undefined && { expiresAt: now + days * DAY }),
              scopes,
              // A token is as strong as the session that made it.
              totp: credential.totp,
              epochs: credential.epochs,
              ...(credential.appPassword !== undefined && { appPassword: credential.appPassword }),
            },
            MOST_TOKENS,
          ),
        )
        return json({ id: made.id, token: secret })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/tokens/:id',
      scope: 'session',
      summary: 'Takes a token away',
      answer: done,
      run: async ({ principal, params }) => {
        const found = await sessions.get(params.id ?? '')
        if (found?.kind !== 'token' || found.account !== principal().account.id) throw notFound('token')
        await sessions.remove(found.id)
        await leases.releaseAll(found.id)
        return DONE
      },
    }),
  ]
}
