import { flagSet, isSystemFlag } from '../../../terms/flags'
import { Refused, unwrap } from '../../../web/kernel/faults'
import { list, object, optional, text, whole } from '../../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../../web/route/route'
import { mailboxById, uidList, uidsOf, withView } from '../access'

const moved = object({
  /** where they are now, in the order of `source`: what undo needs */
  mailbox: text(64),
  source: list(whole(1)),
  destination: list(whole(1)),
})

/** What is done to messages: flags, move, copy, expunge. */
export function changeRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/flags',
      scope: 'mail:write',
      summary: 'Sets and takes away flags; those that are gone are left out',
      body: object({ uids: uidList(), add: optional(list(text(100), 20)), remove: optional(list(text(100), 20)) }),
      answer: done,
      run: async ({ params, body, mail: enter }) => {
        const { add = [], remove = [] } = body
        const odd = [...add, ...remove].find((name) => !isSystemFlag(name) && !/^[A-Za-z0-9$_.-]+$/.test(name))
        if (odd !== undefined) throw new Refused(422, 'bad-flag', 'A flag is a system flag or a word.')
        const mail = await enter()
        return withView(mail, params.mailbox ?? '', async (view) => {
          const uids = uidsOf(body.uids)
          if (add.length > 0) unwrap(await mail.storeFlags(view, uids, 'add', flagSet(add)))
          if (remove.length > 0) unwrap(await mail.storeFlags(view, uids, 'remove', flagSet(remove)))
          return DONE
        })
      },
    }),
    ...(['move', 'copy'] as const).map((verb) =>
      defineRoute({
        method: 'post',
        path: `/mailboxes/:mailbox/${verb}`,
        scope: 'mail:write',
        summary: verb === 'move' ? 'Moves messages to another mailbox' : 'Copies messages to another mailbox',
        body: object({ uids: uidList(), to: text(64) }),
        answer: moved,
        run: async ({ params, body, mail: enter }) => {
          const mail = await enter()
          const to = await mailboxById(mail, body.to)
          return withView(mail, params.mailbox ?? '', async (view) => {
            const { source, destination } = unwrap(await mail[verb](view, uidsOf(body.uids), to.name))
            return json({ mailbox: to.id, source, destination })
          })
        },
      }),
    ),
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/expunge',
      scope: 'mail:write',
      summary: 'Removes messages, which are in the recycle bin then',
      body: object({ uids: uidList() }),
      answer: done,
      run: async ({ params, body, mail: enter }) => {
        const mail = await enter()
        return withView(mail, params.mailbox ?? '', async (view) => {
          const uids = uidsOf(body.uids)
          unwrap(await mail.storeFlags(view, uids, 'add', flagSet(['\\Deleted'])))
          unwrap(await mail.expunge(view, uids))
          return DONE
        })
      },
    }),
  ]
}
