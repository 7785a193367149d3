import { notFound } from '../../web/kernel/faults'
import { choice, flag, list, object, optional, text, whole } from '../../web/kernel/schema'
import type { Web } from '../../web/ports'
import { DONE, defineRoute, done, json, type Principal, type Route } from '../../web/route/route'
import type { Admit } from '../../web/who/admit'
import type { Credential } from '../../web/who/sessions'

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
export const sessionShape = {
  id: text(64),
  label: text(200),
  address: text(64),
  createdAt: whole(),
  activeAt: whole(),
  totp: flag(),
  current: flag(),
}
export const holderShape = {
  id: text(200),
  protocol: text(20),
  access: choice('exclusive', 'shared'),
  address: text(64),
  client: optional(text()),
  since: whole(),
  activeAt: whole(),
}
export const sessionView = ({ id, label, address, createdAt, activeAt, totp }: Credential, own: string) => ({
  id,
  label,
  address,
  createdAt,
  activeAt,
  totp,
  current: id === own,
})

export function sessionRoutes(web: Web, admit: Admit): readonly Route[] {
  const { sessions, leases, locks, settings, room, clock } = web

  async function end(id: string): Promise<void> {
    await sessions.remove(id)
    await leases.releaseAll(id)
  }
  async function meOf({ account, credential }: Principal) {
    const entered = credential.entered
    const names = entered ? await room.store.accounts.get(entered as typeof account.id) : undefined // an id that a route checked
    return {
      account: account.name,
      csrf: credential.csrf,
      administrator: account.admin,
      totp: account.credentials.totp !== undefined,
      totpRequired: account.admin && settings.adminTotp && !credential.totp,
      entered: names?.name,
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
        const old = secret === undefined ? undefined : await sessions.find(secret)
        if (old?.kind === 'session') await end(old.id)
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
        await end(principal().credential.id)
        return { kind: 'json', value: { done: true }, cookie: null }
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
    defineRoute({
      method: 'get',
      path: '/sessions',
      scope: 'session',
      summary: 'Where this account is logged in',
      answer: object({ sessions: list(object(sessionShape)) }),
      run: async ({ principal }) => {
        const { credential, account } = principal()
        const own = (await sessions.list(account.id)).filter((one) => one.kind === 'session' && !admit.expired(one))
        return json({ sessions: own.map((one) => sessionView(one, credential.id)) })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/sessions',
      scope: 'session',
      summary: 'Logs out everywhere, here too',
      answer: done,
      run: async ({ principal }) => {
        const all = await sessions.list(principal().account.id)
        for (const one of all) if (one.kind === 'session') await end(one.id)
        return { kind: 'json', value: { done: true }, cookie: null }
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/sessions/:id',
      scope: 'session',
      summary: 'Ends one of the own sessions',
      answer: done,
      run: async ({ principal, params }) => {
        const found = await sessions.get(params.id ?? '')
        if (found?.kind !== 'session' || found.account !== principal().account.id) throw notFound('session')
        await end(found.id)
        return DONE
      },
    }),
    defineRoute({
      method: 'get',
      path: '/locks',
      scope: 'session',
      summary: 'Who is in the own mailbox now',
      answer: object({ holders: list(object(holderShape)) }),
      run: async ({ principal }) => {
        const all = await locks.list(principal().account.id)
        const holders = all.flatMap((one) => one.holders)
        return json({
          holders: holders.map(({ id, protocol, access, address, client, since, activeAt }) => ({
            ...{ id, protocol, access, address, client, since, activeAt },
          })),
        })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/locks/:id',
      scope: 'session',
      summary: 'Ends another session in the own mailbox (a POP3 session then deletes nothing)',
      answer: object({ ended: whole() }),
      run: async ({ principal, params }) => {
        const { account } = principal()
        const held = (await locks.list(account.id)).flatMap((one) => one.holders)
        if (!held.some(({ id }) => id === params.id)) throw notFound('session')
        return json({ ended: await locks.kick(account.id, params.id) })
      },
    }),
  ]
}
