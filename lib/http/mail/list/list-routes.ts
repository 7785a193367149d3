import type { AccountMail, View } from '../../../mailbox/mailbox'
import { find } from '../../../mailbox/search/find'
import type { Part } from '../../../mime/prepared'
import { bodiesOf } from '../../../mime/read/bodies'
import type { Uid } from '../../../terms/numbers'
import { choice, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import { turn } from '../../../work/turns'
import { rowsOf, withView } from '../access'
import { fileNameOf } from '../message/file-name'
import { type Conversation, createConversations } from './conversations'
import { mailboxNamed } from './named'
import { searchOf } from './query'
import { summary, summaryOf } from './summary'

const fileNames = (structure: Part): readonly string[] => bodiesOf(structure).files.map(({ part }) => fileNameOf(part))

const PAGE = 50
const MOST = 200
/** rows in memory: an envelope may have 1 MB */
const AT_ONCE = 20

export function listRoutes({ room, clock }: Web): readonly Route[] {
  const conversations = createConversations()

  async function summaries(mail: AccountMail, view: View, uids: readonly Uid[]) {
    const byUid = new Map<Uid, ReturnType<typeof summaryOf>>()
    const ascending = [...uids].sort((a, b) => a - b)
    for (let at = 0; at < ascending.length; at += AT_ONCE) {
      for (const row of await rowsOf(mail, view, ascending.slice(at, at + AT_ONCE))) {
        await turn()
        byUid.set(row.uid, summaryOf(row))
      }
    }
    return uids.flatMap((uid) => byUid.get(uid) ?? [])
  }

  async function byConversation(mail: AccountMail, view: View, page: readonly Conversation[]) {
    const byNewest = new Map(page.map((conversation) => [conversation.uids.at(-1), conversation] as const))
    const newest = page.flatMap(({ uids }) => uids.at(-1) ?? [])
    return (await summaries(mail, view, newest)).map((shown) => {
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
      }),
      answer: object({
        mailbox: text(),
        total: whole(),
        modSeq: whole(),
        messages: list(summary),
        notes: list(text()),
      }),
      run: async ({ params, query: { offset = 0, limit = PAGE, query = '', by = 'message' }, mail: enter }) => {
        const mail = await enter()
        const search = query.trim() === '' ? undefined : searchOf(query)
        const notes = [...(search?.notes ?? [])]
        const named = search?.mailbox === undefined ? undefined : await mailboxNamed(mail, search.mailbox)
        if (search?.mailbox !== undefined && !named) notes.push(`There is no mailbox "${search.mailbox}".`)
        const mailbox = named?.id ?? params.mailbox ?? ''
        return withView(mail, mailbox, async (view) => {
          const matches = search && (await find({ room, mail, view, attachments: fileNames }, search.key, clock.now()))
          const modSeq = view.highestModSeq
          if (by === 'conversation') {
            const all = await conversations(mail, view, matches)
            const messages = await byConversation(mail, view, all.slice(offset, offset + limit))
            return json({ mailbox, total: all.length, modSeq, messages, notes })
          }
          const total = matches ? matches.length : view.exists
          const uids: Uid[] = []
          for (let at = total - offset; at > Math.max(0, total - offset - limit); at--) {
            const seq = matches ? matches[at - 1] : at
            if (seq !== undefined) uids.push(view.uidAt(seq))
          }
          return json({ mailbox, total, modSeq, messages: await summaries(mail, view, uids), notes })
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
          return json({ messages: await summaries(mail, view, uids) })
        })
      },
    }),
  ]
}
