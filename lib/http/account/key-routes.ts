import { LOGIN_PROTOCOLS } from '../../login/login'
import { DAY } from '../../terms/calendar'
import { Refused, unwrap } from '../../web/kernel/faults'
import { any, choice, list, object, oneLine, optional, text, whole } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { addingAppPassword, makeAppPassword, removingAppPassword } from '../../web/who/credentials'
import { MOST_TOKENS, SCOPES } from '../../web/who/sessions'
import type { HttpPorts } from '../ports'
import { appPassword, appPasswordLimits, appPasswordView, limitsOf } from '../shapes/app-password'
import { createOwnChanges } from './own-changes'

const token = object({
  id: text(64),
  label: text(100),
  scopes: list(choice(...SCOPES)),
  createdAt: whole(),
  activeAt: whole(),
  expiresAt: optional(whole()),
})

/** What opens the own account beside its password: app passwords for mail programs, tokens for the API. */
export function keyRoutes(web: Web, { profile }: Pick<HttpPorts, 'profile'>): readonly Route[] {
  const { admit, sessions, endings, clock, room } = web
  const { confirm, change } = createOwnChanges(web)

  return [
    defineRoute({
      method: 'get',
      path: '/account/keys',
      scope: 'session',
      summary: 'App passwords and API tokens',
      answer: object({ appPasswords: list(appPassword), tokens: list(token) }),
      run: async ({ principal }) => {
        const { account } = principal()
        const uses = await room.appPasswordUses(account.id)
        const tokens = (await sessions.list(account.id)).filter(({ kind }) => kind === 'token')
        return json({
          appPasswords: (account.credentials.appPasswords ?? []).map(appPasswordView(uses)),
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
        label: oneLine(100),
        protocols: optional(list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length)),
        ...appPasswordLimits,
        password: text(1000),
      }),
      answer: object({ id: text(), password: text() }),
      status: 201,
      run: async ({ principal, peer, body }) => {
        const limits = limitsOf(body, clock.now())
        await confirm(peer, principal().account, body.password)
        const { label, protocols = ['imap', 'pop3', 'smtp'] } = body
        const { password, entry } = makeAppPassword({ label, protocols, ...limits }, clock.now())
        await change(principal(), addingAppPassword(entry))
        return json({ id: entry.id, password })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/account/profile',
      scope: 'session',
      summary: 'A profile for iPhone, iPad and Mac, with an app password made for it',
      body: object({ password: text(1000) }),
      answer: any('octets'),
      produces: 'application/x-apple-aspen-config',
      run: async ({ principal, peer, body }) => {
        await confirm(peer, principal().account, body.password)
        const label = 'Profile for Apple devices'
        const { password, entry } = makeAppPassword({ label, protocols: ['imap', 'smtp'] }, clock.now())
        const made = profile(principal().account.name, password)
        if (made === undefined)
          throw new Refused(422, 'no-services', 'Devices need IMAP and SMTP, and are told of none.')
        await change(principal(), addingAppPassword(entry))
        const headers = {
          'Content-Type': 'application/x-apple-aspen-config',
          'Content-Disposition': 'attachment; filename="mail.mobileconfig"',
          'Cache-Control': 'no-store',
        }
        return { kind: 'octets', octets: Buffer.from(made), headers }
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
        label: oneLine(100),
        scopes: list(choice(...SCOPES), SCOPES.length),
        days: optional(whole(1, 3650)),
        password: text(1000),
      }),
      answer: object({ id: text(), token: text() }),
      status: 201,
      run: async ({ principal, peer, body: { label, scopes, days, password } }) => {
        const { account, credential } = principal()
        await confirm(peer, account, password)
        if (scopes.includes('admin')) admit.check(principal(), 'admin')
        const now = clock.now()
        const made = await sessions.create(
          {
            kind: 'token',
            account: account.id,
            label,
            address: peer.address,
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
        )
        const { secret, credential: fresh } = unwrap(made)
        return json({ id: fresh.id, token: secret })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/account/tokens/:id',
      scope: 'session',
      summary: 'Takes a token away',
      answer: done,
      run: async ({ principal, params }) => {
        await endings.endOwn(principal(), 'token', params.id ?? '')
        return DONE
      },
    }),
  ]
}
