import { accountId } from '../../terms/names'
import { flag, object, optional, text, whole } from '../../web/kernel/schema'
import { type Answer, DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { Principal } from '../../web/who/principal'

const me = object({
  account: text(),
  csrf: text(),
  administrator: flag(),
  totp: flag(),
  totpRequired: flag(),
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
      totpRequired: account.admin && settings.adminTotp && !totp,
      entered: owner?.name,
      idle: settings.idle,
      lockIdle: settings.lockIdle,
    }
  }

  return [
    defineRoute({
      method: 'post',
      path: '/session',
      scope: 'public',
      summary: 'Logs in; `code` is the second factor, asked for when the account has one. Sets the session cookie.',
      body: object({ user: text(320), password: text(1000), code: optional(text(1000)) }),
      answer: me,
      run: async ({ peer, body, userAgent, secret }) => {
        const { secret: fresh, credential, account } = await admit.logIn(peer, body, userAgent)
        // A browser has one session: the one before ends.
        const before = secret === undefined ? undefined : await sessions.find(secret)
        if (before?.kind === 'session') await endings.end(before.id)
        return { kind: 'json', value: await meOf({ credential, account }), cookie: fresh }
      },
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
