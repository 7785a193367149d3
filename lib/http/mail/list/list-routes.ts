import type { AccountMail, View } from '../../../mailbox/mailbox'
import { find } from '../../../mailbox/search/find'
import type { Part } from '../../../mime/prepared'
import { bodiesOf } from '../../../mime/read/bodies'
import { choice, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import { withView } from '../access'
import { fileNameOf } from '../message/file-name'
import { type Conversation, createConversations } from './conversations'
import { findEverywhere } from './everywhere'
import { mailboxNamed } from './named'
import { ORDERS, pageOf } from './order'
import { searchOf } from './query'
import { summariesOf } from './summaries'
import { summary } from './summary'

const fileNames = (structure: Part): readonly string[] => bodiesOf(structure).files.map(({ part }) => fileNameOf(part))

const PAGE = 50
const MOST = 200
/** UIDs of an answer: as many as a change takes */
const MOST_UIDS = 20_000

const found = object({
  mailbox: text(),
  total: whole(),
  modSeq: whole(),
  messages: list(summary),
  notes: list(text()),
})

export function listRoutes({ room, clock }: Web): readonly Route[] {
  const conversations = createConversations()

  /** What is searched for, and where. @param here where nothing else is said */
  async function asked(mail: AccountMail, here: string, query = '') {
    const search = query.trim() === '' ? undefined : searchOf(query)
    const notes = [...(search?.notes ?? [])]
    const named = search?.mailbox === undefined ? undefined : await mailboxNamed(mail, search.mailbox)
    if (search?.mailbox !== undefined && !named) notes.push(`There is no mailbox "${search.mailbox}".`)
    return { mailbox: named?.id ?? here, ...(search && { key: search.key }), notes }
  }

  async function byConversation(mail: AccountMail, view: View, page: readonly Conversation[]) {
    const byNewest = new Map(page.map((conversation) => [conversation.uids.at(-1), conversation] as const))
    const newest = page.flatMap(({ uids }) => uids.at(-1) ?? [])
    return (await summariesOf(mail, view, newest)).map((shown) => {
      const { uids = [shown.uid], unread = 0 } = byNewest.get(shown.uid) ?? {}
      return { ...shown, conversation: { uids, unread } }
    })
  }

  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages',
      scope: 'mail:read',
      summary:
        'Messages of a mailbox, newest first; `query` searches, `in:` in it another mailbox (`mailbox` of the answer), `notes` tell what was not understood; `by` groups conversations',
      query: object({
        offset: optional(whole()),
        limit: optional(whole(1, MOST)),
        query: optional(text(500)),
        by: optional(choice('message', 'conversation')),
        order: optional(choice(...ORDERS)),
      }),
      answer: found,
      run: async ({ params, query, mail: enter }) => {
        const { offset = 0, limit = PAGE, by = 'message', order = 'newest' } = query
        const mail = await enter()
        const { mailbox, key, notes } = await asked(mail, params.mailbox ?? '', query.query)
        return withView(mail, mailbox, async (view) => {
          const matches = key && (await find({ room, mail, view, attachments: fileNames }, key, clock.now()))
          const modSeq = view.highestModSeq
          if (by === 'conversation' && (order === 'newest' || order === 'oldest')) {
            const all = await conversations(mail, view, matches)
            const end = Math.max(0, all.length - offset)
            const page =
              order === 'newest'
                ? all.slice(offset, offset + limit)
                : all.slice(Math.max(0, end - limit), end).toReversed()
            const messages = await byConversation(mail, view, page)
            return json({ mailbox, total: all.length, modSeq, messages, notes })
          }
          const total = matches ? matches.length : view.exists
          const uids = await pageOf(mail, view, matches, { order, offset, limit })
          return json({ mailbox, total, modSeq, messages: await summariesOf(mail, view, uids), notes })
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/messages',
      scope: 'mail:read',
      summary: 'What a search finds in all mailboxes but Trash and Junk, newest first; `in:` in it: in that mailbox',
      query: object({ offset: optional(whole()), limit: optional(whole(1, MOST)), query: text(500) }),
      answer: object({ total: whole(), messages: list(summary), notes: list(text()) }),
      run: async ({ query: { offset = 0, limit = PAGE, query }, mail: enter }) => {
        const mail = await enter()
        const { mailbox, key = { kind: 'all' }, notes } = await asked(mail, '', query)
        const now = clock.now()
        if (mailbox === '') {
          const where = { room, mail, attachments: fileNames, key, now }
          return json({ ...(await findEverywhere(where, { offset, limit })), notes })
        }
        return withView(mail, mailbox, async (view) => {
          const matches = await find({ room, mail, view, attachments: fileNames }, key, now)
          const uids = await pageOf(mail, view, matches, { order: 'newest', offset, limit })
          return json({ total: matches.length, messages: await summariesOf(mail, view, uids), notes })
        })
      },
    }),
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/uids',
      scope: 'mail:read',
      summary: `UIDs of all messages of a mailbox, or of those that \`query\` finds: the first ${MOST_UIDS}, for changes of all of them`,
      query: object({ query: optional(text(500)) }),
      answer: object({ mailbox: text(64), uids: list(whole(1)), total: whole() }),
      run: async ({ params, query: { query }, mail: enter }) => {
        const mail = await enter()
        const { mailbox, key } = await asked(mail, params.mailbox ?? '', query)
        return withView(mail, mailbox, async (view) => {
          const matches = key && (await find({ room, mail, view, attachments: fileNames }, key, clock.now()))
          const total = matches ? matches.length : view.exists
          const some = { order: 'oldest', offset: 0, limit: MOST_UIDS } as const
          return json({ mailbox, uids: await pageOf(mail, view, matches, some), total })
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
        const numbers = new Set(query.uids.split(',').slice(0, MOST).map(Number))
        return withView(mail, params.mailbox ?? '', async (view) => {
          const uids = [...numbers].flatMap((number) => {
            const seq = Number.isInteger(number) ? view.seqOf(number) : undefined
            return seq === undefined ? [] : [view.uidAt(seq)]
          })
          return json({ messages: await summariesOf(mail, view, uids) })
        })
      },
    }),
  ]
}
