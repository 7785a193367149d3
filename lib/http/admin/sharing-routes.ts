import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { changeSharing, sharing, sharingChange, sharingOf } from '../shapes/sharing'
import { accountById, createTrail } from './accounts'

/** Who may do what with the mailboxes of a user. */
export function sharingRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const { room } = web
  const trail = createTrail(web, attempts)
  return [
    defineRoute({
      method: 'get',
      path: '/admin/accounts/:account/sharing',
      scope: 'admin',
      summary: 'Who may do what with the mailboxes of a user, and which mailboxes of others the user sees',
      answer: sharing,
      run: async ({ params, peer }) => {
        const { id, name, overrides, admin } = await accountById(web, params.account ?? '')
        const identity = { id, name, overrides, admin }
        const actor = () => ({ protocol: 'admin', address: peer.address, connection: '' })
        return json(await sharingOf(room.account(identity), room.guest(identity, actor)))
      },
    }),
    defineRoute({
      method: 'put',
      path: '/admin/accounts/:account/sharing',
      scope: 'admin',
      summary: 'Gives a user, a group or anyone rights on a mailbox of another user; none: takes them away',
      body: sharingChange,
      answer: done,
      run: async (call) => {
        const { id, name, overrides } = await accountById(web, call.params.account ?? '')
        // Only an administrator gives rights to anyone.
        await changeSharing(room.account({ id, name, overrides, admin: true }), call.body)
        const { mailbox, identifier, rights } = call.body
        await trail(call, name, `rights on ${mailbox}: ${identifier} ${rights === '' ? '-' : rights}`)
        return DONE
      },
    }),
  ]
}
