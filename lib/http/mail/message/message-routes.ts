import { notFound } from '../../../web/kernel/faults'
import { list, object, text, whole } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { withRow } from '../access'
import { content } from './content'
import { canOpen, leafAt } from './parts'
import { contentOf } from './reading'
import { signs, signsOf } from './signs'

/** What a message says. */
export function messageRoutes({ room: { pool } }: Web, { host }: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid',
      scope: 'mail:read',
      summary: 'One message: who, what, its text, and its files. Its HTML has an address of its own.',
      answer: object({
        uid: whole(1),
        id: text(64),
        thread: text(64),
        date: whole(),
        flags: list(text()),
        ...content,
        ...signs,
      }),
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const letter = { mail, row, root: row.prepared.structure, inside: [] }
          return json({
            uid: row.uid,
            id: row.emailId,
            thread: row.threadId,
            date: row.internalDate,
            flags: row.flags.names,
            ...(await contentOf(letter, pool)),
            ...(await signsOf(letter, host)),
          })
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part/message',
      scope: 'mail:read',
      summary: 'A message that is attached to another; its parts have numbers of the outer one',
      answer: object(content),
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const part = leafAt(row.prepared.structure, params.part ?? '')
          if (!part?.message || !canOpen(part)) throw notFound('message')
          const inside = (params.part ?? '').split('.').map(Number)
          return json(await contentOf({ mail, row, root: part.message, inside }, pool))
        })
      },
    }),
  ]
}
