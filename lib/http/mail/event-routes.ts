import { any } from '../../web/kernel/schema'
import { defineRoute, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'

/** Changes within this time are told together. */
const GATHER = 150

export function eventRoutes({ room: { hub }, leases }: Web): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/events',
      scope: 'mail:read',
      summary:
        'Live updates (server-sent events): `mailbox` names what changed, `list` the list itself, `lost` the lock',
      answer: any('octets'),
      produces: 'text/event-stream',
      run: async ({ principal, owner }) => {
        const { credential } = principal()
        const { id } = await owner()
        return {
          kind: 'events',
          owner: id,
          start: (send) => {
            const changed = new Set<string>()
            let timer: NodeJS.Timeout | undefined
            const flush = (): void => {
              timer = undefined
              if (changed.size > 0) send('mailbox', { mailboxes: [...changed] })
              changed.clear()
            }
            const stops = [
              hub.onMailbox(id, (mailbox) => {
                changed.add(mailbox)
                timer ??= setTimeout(flush, GATHER)
              }),
              hub.onList(id, () => send('list', {})),
              leases.onLost((lost) => {
                if (lost === credential.id) send('lost', {})
              }),
            ]
            return () => {
              clearTimeout(timer)
              for (const stop of stops) stop()
            }
          },
        }
      },
    }),
  ]
}
