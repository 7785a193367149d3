import { accountId } from '../../terms/names'
import { flag, object, optional, text, whole } from '../../web/kernel/schema'
import { type Answer, DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { hasKnownPassword } from '../../web/who/credentials'
import { assertionShape } from '../../web/who/passkeys/ceremony'
import { CHALLENGE_LIFE } from '../../web/who/passkeys/challenge'
import type { Principal } from '../../web/who/principal'

const me = object({
  account: text(),
  csrf: text(),
  administrator: flag(),
  totp: flag(),
  /** how many */
  passkeys: whole(),
  totpRequired: flag(),
  /** everybody knows this password: it is in the operator's list */
  knownPassword: flag(),
  entered: optional(text()),
  idle: whole(),
  lockIdle: whole(),
})

export const LOGGED_OUT: Answer = { kind: 'json', value: { done: true }, cookie: null }

/** In, out, and who is here. */
export function logInRoutes({ admit, sessions, leases, endings, settings, room, clock }: Web): readonly Route[] {
  async function meOf({ account, credential: { csrf, totp, entered } }: Principal) {
    const owner = entered ? await room.accounts.get(accountId(entered)) : undefined
    return {
      account: account.name,
      csrf,
      administrator: account.admin,
      totp: account.credentials.totp !== undefined,
      passkeys: account.credentials.passkeys?.length ?? 0,
      totpRequired: account.admin && settings.adminTotp && !totp,
      knownPassword: hasKnownPassword(account.credentials),
      entered: owner?.name,
      idle: settings.idle,
      lockIdle: settings.lockIdle,
    }
  }

  /** A browser has one session: the one before ends. */
  async function entered(before: string | undefined, opened: Principal & { secret: string }): Promise<Answer> {
    const old = before === undefined ? undefined : await sessions.find(before)
    if (old?.kind === 'session') await endings.end(old.id)
    return { kind: 'json', value: await meOf(opened), cookie: opened.secret }
  }

  return [
    defineRoute({
      method: 'post',
      path: '/session',
      scope: 'public',
      summary: 'Logs in; `code` or `passkey` is the second factor, when the account has one. Sets the session cookie.',
      body: object({
        user: text(320),
        password: text(1000),
        code: optional(text(1000)),
        passkey: optional(assertionShape),
      }),
      answer: me,
      run: async ({ peer, body, userAgent, secret }) => entered(secret, await admit.logIn(peer, body, userAgent)),
    }),
    defineRoute({
      method: 'post',
      path: '/session/passkey/offer',
      scope: 'public',
      summary: 'What a browser asks an authenticator for; the same for everybody',
      answer: object({ challenge: text(), rpId: text(), timeout: whole() }),
      run: async ({ origin }) => {
        const { rpId } = admit.passkeys.siteOf(origin)
        return json({ challenge: admit.passkeys.challenge('login'), rpId, timeout: CHALLENGE_LIFE })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/session/passkey',
      scope: 'public',
      summary: 'Logs in with a passkey alone. Sets the session cookie.',
      body: object({ passkey: assertionShape }),
      answer: me,
      run: async ({ peer, body, userAgent, secret }) =>
        entered(secret, await admit.logInByPasskey(peer, body.passkey, userAgent)),
    }),
    defineRoute({
      method: 'get',
      path: '/session',
      scope: 'session',
      summary: 'Who is logged in, and the token that changes need in the header X-CSRF-Token',
      answer: me,
      run: async ({ principal }) => json(await meOf(principal())),
    }),
    defineRoute({
      method: 'delete',
      path: '/session',
      scope: 'session',
      summary: 'Logs out',
      answer: done,
      run: async ({ principal }) => {
        await endings.end(principal().credential.id)
        return LOGGED_OUT
      },
    }),
    defineRoute({
      method: 'post',
      path: '/session/release',
      scope: 'session',
      summary: 'Gives the mailbox lock back until the next request: the page was closed',
      body: object({}),
      answer: done,
      run: async ({ principal }) => {
        const { id } = principal().credential
        await sessions.update(id, { releasedAt: clock.now() })
        await leases.releaseAll(id)
        return DONE
      },
    }),
  ]
}
