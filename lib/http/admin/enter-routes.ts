import { Refused } from '../../web/kernel/faults'
import { DONE, defineRoute, done, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { accountById, createTrail } from './accounts'

/** Into the mailbox of a user, and out. */
export function enterRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const { sessions, leases, settings } = web
  const trail = createTrail(web, attempts)

  return [
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/enter',
      scope: 'admin',
      summary: 'Enters the mailbox of a user, if the settings allow it: shared lock, audit trail',
      answer: done,
      run: async (call) => {
        const { credential } = call.principal()
        if (!settings.adminEnter || credential.kind !== 'session') {
          throw new Refused(403, 'not-permitted', 'Entering mailboxes is off (mailbox_http.ini, enter_mailboxes).')
        }
        const { id, name } = await accountById(web, call.params.account ?? '')
        await trail(call, name, 'mailbox-entered')
        await leases.releaseAll(credential.id)
        await sessions.update(credential.id, { entered: id })
        return DONE
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/entered',
      scope: 'admin',
      summary: 'Leaves the mailbox of a user',
      answer: done,
      run: async ({ principal }) => {
        const { credential } = principal()
        await leases.releaseAll(credential.id)
        await sessions.update(credential.id, { entered: '' })
        return DONE
      },
    }),
  ]
}
