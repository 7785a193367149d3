import { accountId } from '../../terms/names'
import { list, object, optional, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { holderShape } from '../shapes/holder'
import { createTrail, namesOf } from './accounts'

const MOST_LISTED = 500

const lock = object({
  account: text(64),
  name: text(),
  waiters: whole(),
  holders: list(
    object({
      ...holderShape,
      account: text(64),
      mode: text(20),
      fence: optional(whole()),
      process: text(),
    }),
  ),
})

/** Who is in which mailbox. */
export function lockRoutes(web: Web, { locks, attempts }: HttpPorts): readonly Route[] {
  const trail = createTrail(web, attempts)

  return [
    defineRoute({
      method: 'get',
      path: '/admin/locks',
      scope: 'admin',
      summary: `Who is in which mailbox, by any protocol; at most ${MOST_LISTED} mailboxes`,
      answer: object({ driver: text(), locks: list(lock) }),
      run: async () => {
        const entries = (await locks.list()).slice(0, MOST_LISTED)
        const names = await namesOf(
          web,
          entries.map(({ account }) => account),
        )
        return json({
          driver: locks.driver,
          locks: entries.map((entry) => ({ ...entry, name: names.get(entry.account) ?? entry.account })),
        })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/locks/:account/:lease',
      scope: 'admin',
      summary: 'Ends a session in a mailbox; a POP3 session then deletes nothing',
      answer: object({ ended: whole() }),
      run: async (call) => {
        const { account = '', lease } = call.params
        const owner = await web.room.accounts.get(accountId(account))
        const ended = await locks.kick(account, lease)
        await trail(call, owner?.name ?? '', 'session-ended')
        return json({ ended })
      },
    }),
  ]
}
