import { find } from '../../mailbox/find'
import type { AccountMail, View } from '../../mailbox/mailbox'
import type { Uid } from '../../terms/numbers'
import type { Web } from '../ports'
import { defineRoute, json, type Route } from '../route'
import { choice, list, object, optional, text, whole } from '../schema'
import { rowsOf, withView } from './access'
import { type Conversation, createConversations } from './conversations'
import { searchOf } from './query'
import { summary, summaryOf } from './summary'

const PAGE = 50
const MOST = 200

export function listRoutes({ room, clock }: Web): readonly Route[] {
  const { store } = room
  const conversations = createConversations(store)

  async function summaries(mail: AccountMail, view: View, uids: readonly Uid[]) {
    const rows = new Map(
      (
        await rowsOf(
          mail,
          view,
          [...uids].sort((a, b) => a - b),
        )
      ).map((row) => [row.uid, row]),
    )
    return uids.flatMap((uid) => {
      const row = rows.get(uid)
      return row ? [summaryOf(row)] : []
    })
  }

  async function byConversation(mail: AccountMail, view: View, page: readonly Conversation[]) {
    const byNewest = new Map(page.flatMap((one) => (one.uids.length > 0 ? [[one.uids.at(-1), one] as const] : [])))
    const newest = page.flatMap((one) => one.uids.at(-1) ?? [])
    return (await summaries(mail, view, newest)).map((one) => {
      const { uids = [one.uid], unread = 0 } = byNewest.get(one.uid) ?? {}
      return { ...one, conversation: { uids, unread } }
    })
  }

  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages',
      scope: 'mail:read',
      summary: 'Messages of a mailbox, newest first; `query` searches, `by` groups conversations',
      query: object({
        offset: optional(whole()),
        limit: optional(whole(1, MOST)),
        query: optional(text(500)),
        by: optional(choice('message', 'conversation')),
      }),
      answer: object({ total: whole(), modSeq: whole(), messages: list(summary) }),
      run: async ({ params, query: { offset = 0, limit = PAGE, query = '', by = 'message' }, mail: enter }) => {
        const mail = await enter()
        return withView(store, mail, params.mailbox ?? '', async (view) => {
          const found = query.trim() === '' ? undefined : await find({ room, mail, view }, searchOf(query), clock.now())
          const modSeq = view.highestModSeq
          if (by === 'conversation') {
            const all = await conversations(mail, view, found)
            const messages = await byConversation(mail, view, all.slice(offset, offset + limit))
            return json({ total: all.length, modSeq, messages })
          }
          const total = found ? found.length : view.exists
          const uids: Uid[] = []
          for (let at = total - offset; at > Math.max(0, total - offset - limit); at--) {
            const seq = found ? found[at - 1] : at
            if (seq !== undefined) uids.push(view.uidAt(seq))
          }
          return json({ total, modSeq, messages: await summaries(mail, view, uids) })
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/summaries',
      scope: 'mail:read',
      summary: 'These messages as a list has them, such as those of one conversation',
      query: object({ uids: text(4000) }),
      answer: object({ messages: list(summary) }),
      run: async ({ params, query, mail: enter }) => {
        const mail = await enter()
        const wanted = new Set(query.uids.split(',').slice(0, MOST).map(Number))
        return withView(store, mail, params.mailbox ?? '', async (view) => {
          const uids = [...wanted].flatMap((number) => {
            const seq = Number.isInteger(number) ? view.seqOf(number) : undefined
            return seq === undefined ? [] : [view.uidAt(seq)]
          })
          return json({ messages: await summaries(mail, view, uids) })
        })
      },
    }),
  ]
}
