import type { IndexDesk } from '../../mailbox/texts/status'
import { Refused } from '../../web/kernel/faults'
import { choice, list, object, optional, text, whole } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { accountById, createTrail, namesOf } from './accounts'

/** accounts that are listed */
const MOST_LISTED = 100

const counts = { indexed: whole(), waiting: whole(), unreadable: whole() }
const answer = object({
  state: choice('off', 'complete', 'building', 'waiting'),
  ...counts,
  octets: optional(whole()),
  accountsBehind: whole(),
  accounts: list(object({ account: text(64), name: text(), ...counts })),
})

/** The text index: how far it is, and to throw it away. */
export function indexRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const trail = createTrail(web, attempts)
  function desk(): IndexDesk {
    if (web.room.index) return web.room.index
    throw new Refused(404, 'not-found', `The ${web.room.storeName} store has no text index.`)
  }

  return [
    defineRoute({
      method: 'get',
      path: '/admin/index',
      scope: 'admin',
      summary: `The text index of searches: state, messages, octets; at most ${MOST_LISTED} accounts of which mail waits, or the one that is asked for`,
      query: object({ account: optional(text(64)) }),
      answer,
      run: async ({ query: { account } }) => {
        const { behind, octets, accounts, ...status } = await desk().status(account ? 0 : MOST_LISTED)
        const listed = account
          ? [{ account, ...(await desk().statusOf((await accountById(web, account)).id)) }]
          : accounts
        const names = await namesOf(
          web,
          listed.map(({ account: id }) => id),
        )
        return json({
          ...status,
          ...(octets !== undefined && { octets }),
          accountsBehind: behind,
          accounts: listed.map((one) => ({ ...one, name: names.get(one.account) ?? one.account })),
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/index/rebuild',
      scope: 'admin',
      summary: 'Throws the text index away, of one account or of all; it is built anew in the background',
      body: object({ account: optional(text(64)) }),
      answer: done,
      run: async (call) => {
        const account = call.body.account ? await accountById(web, call.body.account) : undefined
        await desk().rebuild(account?.id)
        await trail(call, account?.name ?? '', 'text-index-rebuilt')
        return DONE
      },
    }),
  ]
}
