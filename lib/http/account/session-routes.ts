import { list, object } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { sessionShape, sessionView } from '../shapes/session'
import { LOGGED_OUT } from './log-in-routes'

/** Where an owner is logged in. */
export function sessionRoutes({ admit, sessions, endings }: Web): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/sessions',
      scope: 'session',
      summary: 'Where this account is logged in',
      answer: object({ sessions: list(object(sessionShape)) }),
      run: async ({ principal }) => {
        const { credential, account } = principal()
        const all = await sessions.list(account.id)
        const own = all.filter((session) => session.kind === 'session' && !admit.expired(session))
        return json({ sessions: own.map((session) => sessionView(session, credential.id)) })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/sessions',
      scope: 'session',
      summary: 'Logs out everywhere, here too',
      answer: done,
      run: async ({ principal }) => {
        await endings.endOf(principal().account.id, ({ kind }) => kind === 'session')
        return LOGGED_OUT
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/sessions/:id',
      scope: 'session',
      summary: 'Ends one of the own sessions',
      answer: done,
      run: async ({ principal, params }) => {
        await endings.endOwn(principal(), 'session', params.id ?? '')
        return DONE
      },
    }),
  ]
}
