import { notFound } from '../../web/kernel/faults'
import { list, object, optional, text } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { sessionShape, sessionView } from '../shapes/session'
import { namesOf } from './accounts'

const MOST_LISTED = 500

/** Web sessions of everybody. */
export function sessionRoutes(web: Web): readonly Route[] {
  const { admit, sessions, endings } = web

  return [
    defineRoute({
      method: 'get',
      path: '/admin/sessions',
      scope: 'admin',
      summary: `Web sessions of all accounts: the ${MOST_LISTED} that were used last`,
      answer: object({ sessions: list(object({ ...sessionShape, account: optional(text()) })) }),
      run: async ({ principal }) => {
        const open = (await sessions.list())
          .filter((session) => session.kind === 'session' && !admit.expired(session))
          .sort((a, b) => b.activeAt - a.activeAt)
          .slice(0, MOST_LISTED)
        const names = await namesOf(
          web,
          open.map(({ account }) => account),
        )
        const own = principal().credential.id
        return json({
          sessions: open.map((session) => ({ ...sessionView(session, own), account: names.get(session.account) })),
        })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/sessions/:id',
      scope: 'admin',
      summary: 'Ends a web session',
      answer: done,
      run: async ({ params }) => {
        if (!(await endings.end(params.id ?? '', 'kicked'))) throw notFound('session')
        return DONE
      },
    }),
  ]
}
