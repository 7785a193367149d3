import { notFound } from '../../web/kernel/faults'
import { list, object, optional, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { holderShape } from '../shapes/holder'

/** Who is in the own mailbox, by any protocol. */
export function lockRoutes({ room }: Web, { locks }: HttpPorts): readonly Route[] {
  const holdersOf = async (account: string) => (await locks.list(account)).flatMap(({ holders }) => holders)

  return [
    defineRoute({
      method: 'get',
      path: '/locks',
      scope: 'session',
      summary: 'Who is in the own mailbox now',
      answer: object({ holders: list(object(holderShape)) }),
      run: async ({ principal }) => {
        const holders = await holdersOf(principal().account.id)
        return json({
          holders: holders.map(({ id, protocol, access, address, client, since, activeAt }) => ({
            ...{ id, protocol, access, address, client, since, activeAt },
          })),
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/locks/refusals',
      scope: 'session',
      summary: 'Programs that showed the right password within a day, and were kept out because another one was in',
      answer: object({
        refusals: list(
          object({
            protocol: text(20),
            address: text(100),
            count: whole(),
            since: whole(),
            at: whole(),
            by: object({ protocol: text(20), address: text(100), since: whole(), client: optional(text()) }),
          }),
        ),
      }),
      run: async ({ principal }) => json({ refusals: await room.lockRefusals(principal().account.id) }),
    }),
    defineRoute({
      method: 'delete',
      path: '/locks/:id',
      scope: 'session',
      summary: 'Ends another session in the own mailbox (a POP3 session then deletes nothing)',
      answer: object({ ended: whole() }),
      run: async ({ principal, params }) => {
        const { account } = principal()
        if (!(await holdersOf(account.id)).some(({ id }) => id === params.id)) throw notFound('session')
        return json({ ended: await locks.kick(account.id, params.id) })
      },
    }),
  ]
}
