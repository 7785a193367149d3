import { notFound } from '../../web/kernel/faults'
import { list, object, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { HttpPorts } from '../ports'
import { holderShape } from '../shapes/holder'

/** Who is in the own mailbox, by any protocol. */
export function lockRoutes({ locks }: HttpPorts): readonly Route[] {
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
