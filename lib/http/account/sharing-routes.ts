import type { AccountMail } from '../../mailbox/mailbox'
import type { Call } from '../../web/route/route'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { changeSharing, sharing, sharingChange, sharingOf } from '../shapes/sharing'

/** Who may see the own mailboxes. */
export function sharingRoutes({ room }: Web): readonly Route[] {
  function verbsOf({ principal, peer, userAgent }: Pick<Call<unknown, unknown>, 'principal' | 'peer' | 'userAgent'>): {
    readonly mail: AccountMail
    readonly guest: AccountMail
  } {
    const { account, credential } = principal()
    const { id, name, overrides, admin } = account
    const actor = () => ({
      ...{ protocol: 'webmail', address: peer.address, client: userAgent, connection: credential.id },
    })
    const identity = { id, name, overrides, admin }
    return { mail: room.account(identity, actor), guest: room.guest(identity, actor) }
  }

  return [
    defineRoute({
      method: 'get',
      path: '/account/sharing',
      scope: 'session',
      summary: 'Who may do what with the own mailboxes, and which mailboxes of others one sees in a mail program',
      answer: sharing,
      run: async (call) => {
        const { mail, guest } = verbsOf(call)
        return json(await sharingOf(mail, guest))
      },
    }),
    defineRoute({
      method: 'put',
      path: '/account/sharing',
      scope: 'session',
      summary: 'Gives a user or a group rights on one of the own mailboxes; none: takes them away',
      body: sharingChange,
      answer: done,
      run: async (call) => {
        await changeSharing(verbsOf(call).mail, call.body)
        return DONE
      },
    }),
  ]
}
