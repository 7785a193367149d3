import type { Mailbox } from '../../mailbox/vocabulary'
import { notFound, unwrap } from '../../web/kernel/faults'
import { flag, list, object, optional, text, whole } from '../../web/kernel/schema'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import { mailboxById } from './access'

const mailbox = object({
  id: text(64),
  name: text(),
  role: optional(text()),
  messages: whole(),
  unread: whole(),
  size: whole(),
  subscribed: flag(),
})

const mailboxView = ({ id, name, specialUse, messages, unseen, size, subscribed }: Mailbox) => ({
  id,
  name,
  role: name === 'INBOX' ? 'inbox' : specialUse[0]?.slice(1).toLowerCase(),
  messages,
  unread: unseen,
  size,
  subscribed,
})

export function mailboxRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes',
      scope: 'mail:read',
      summary: 'All mailboxes with counts, and the quota (limits of 0: none)',
      answer: object({
        mailboxes: list(mailbox),
        quota: object({ usedBytes: whole(), usedMessages: whole(), limitBytes: whole(), limitMessages: whole() }),
      }),
      run: async ({ mail: enter }) => {
        const mail = await enter()
        const [mailboxes, quota] = await Promise.all([mail.mailboxes(), mail.quota()])
        return json({ mailboxes: mailboxes.map(mailboxView), quota })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/mailboxes',
      scope: 'mail:write',
      summary: 'Makes a mailbox; `/` between levels',
      body: object({ name: text(500) }),
      answer: mailbox,
      status: 201,
      run: async ({ body, mail: enter }) => {
        const mail = await enter()
        const created = unwrap(await mail.create(body.name))
        await mail.subscribe(created.name, true)
        return json(mailboxView(created))
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/mailboxes/:mailbox',
      scope: 'mail:write',
      summary: 'Renames a mailbox',
      body: object({ name: text(500) }),
      answer: mailbox,
      run: async ({ params, body, mail: enter }) => {
        const mail = await enter()
        const before = await mailboxById(mail, params.mailbox ?? '')
        unwrap(await mail.rename(before.name, body.name))
        const after = await mail.find(body.name)
        if (!after) throw notFound('mailbox')
        return json(mailboxView(after))
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/mailboxes/:mailbox',
      scope: 'mail:write',
      summary: 'Removes a mailbox with its messages, which are in the recycle bin then',
      answer: done,
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        unwrap(await mail.remove((await mailboxById(mail, params.mailbox ?? '')).name))
        return DONE
      },
    }),
  ]
}
