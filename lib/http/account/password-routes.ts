import { setPassword } from '../../login/passwords'
import { settingCredentials } from '../../mailbox/vocabulary'
import { object, text } from '../../web/kernel/schema'
import { DONE, defineRoute, done, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { followingEpoch, newPassword } from '../../web/who/credentials'
import { createOwnChanges } from './own-changes'

export function passwordRoutes(web: Web): readonly Route[] {
  const { sessions, endings } = web
  const { confirm, change } = createOwnChanges(web)

  return [
    defineRoute({
      method: 'post',
      path: '/account/password',
      scope: 'session',
      summary: 'Changes the password, and ends all other sessions and all API tokens',
      body: object({ password: text(1000), next: text(1000) }),
      answer: done,
      run: async ({ principal, peer, body }) => {
        const { account, credential } = principal()
        const confirmed = await confirm(peer, account, body.password)
        const fresh = await setPassword(await newPassword(web, body.next))
        // Its own live updates may ask between the two.
        await sessions.update(credential.id, { epochs: [...credential.epochs, fresh.epoch] })
        await change(principal(), followingEpoch(confirmed, settingCredentials(fresh)))
        await sessions.update(credential.id, { epochs: [fresh.epoch] })
        await endings.endOf(account.id, ({ id }) => id !== credential.id)
        return DONE
      },
    }),
  ]
}
