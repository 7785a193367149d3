import { LOGIN_PROTOCOLS } from '../../login/login'
import { unwrap } from '../../web/kernel/faults'
import { choice, list, object, oneLine, text } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { addingAppPassword, makeAppPassword, removingAppPassword } from '../../web/who/credentials'
import type { HttpPorts } from '../ports'
import { appPasswordLimits, limitsOf } from '../shapes/app-password'
import { accountById, createTrail } from './accounts'

/** App passwords of users. */
export function appPasswordRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const { room, clock } = web
  const trail = createTrail(web, attempts)

  return [
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/app-passwords',
      scope: 'admin',
      summary: 'Makes an app password for a user; shown once',
      body: object({
        label: oneLine(100),
        protocols: list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length),
        ...appPasswordLimits,
      }),
      answer: object({ id: text(), password: text() }),
      status: 201,
      run: async (call) => {
        const { id, name } = await accountById(web, call.params.account ?? '')
        const { label, protocols } = call.body
        const { password, entry } = makeAppPassword(
          { label, protocols, ...limitsOf(call.body, clock.now()) },
          clock.now(),
        )
        unwrap(await room.accounts.update(id, addingAppPassword(entry)))
        await trail(call, name, 'app-password-added')
        return json({ id: entry.id, password })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/accounts/:account/app-passwords/:id',
      scope: 'admin',
      summary: 'Takes an app password of a user away',
      answer: done,
      run: async (call) => {
        const { id, name } = await accountById(web, call.params.account ?? '')
        unwrap(await room.accounts.update(id, removingAppPassword(call.params.id ?? '')))
        await trail(call, name, 'app-password-removed')
        return DONE
      },
    }),
  ]
}
