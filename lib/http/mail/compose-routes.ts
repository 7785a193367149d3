import type { AccountMail } from '../../mailbox/mailbox'
import { flagSet } from '../../terms/flags'
import { Refused, unwrap } from '../faults'
import type { Web } from '../ports'
import { defineRoute, json, type Route } from '../route'
import { object, optional, text, whole } from '../schema'
import { mailboxFor, rowOf, uidsOf, withView } from './access'
import { fileNameOf, leavesOf } from './attachments'
import { type Attached, compose, type Draft, draft, notAddresses } from './compose'
import { decodedOf } from './message-routes'

const MOST_RECIPIENTS = 500

/** A part of a stored message can be read by whoever gets it; a draft that goes and a mark are changes of stored mail. */
const ALSO = [
  { field: 'attachments.uid', scope: 'mail:read' },
  { field: 'replaces', scope: 'mail:write' },
  { field: 'answers', scope: 'mail:write' },
] as const

export function composeRoutes({ room: { store }, submit, clock, log }: Web): readonly Route[] {
  async function attached(
    mail: AccountMail,
    { attachments = [] }: Draft,
    brought: ReadonlyMap<string, Buffer>,
  ): Promise<Attached[]> {
    const files: Attached[] = []
    for (const { name, type = 'application/octet-stream', file: field, mailbox, uid, part } of attachments) {
      if (field !== undefined) {
        const content = brought.get(field)
        if (!content) throw new Refused(422, 'bad-attachment', `The request has no field ${field} for ${name}.`)
        files.push({ filename: name, contentType: type, content })
        continue
      }
      if (mailbox === undefined || uid === undefined) {
        throw new Refused(422, 'bad-attachment', `The file ${name} has neither octets nor a place.`)
      }
      const file = await withView(store, mail, mailbox, async (view) => {
        const row = await rowOf(mail, view, String(uid))
        if (part === undefined) {
          const content = await mail.read(row.emailId, 0, row.size)
          if (!content) throw new Refused(422, 'bad-attachment', `The message ${name} is not there any more.`)
          return { filename: name, contentType: 'message/rfc822', content }
        }
        const leaf = leavesOf(row.prepared.structure).find(({ path }) => path === part)
        if (!leaf) throw new Refused(422, 'bad-attachment', `The file ${name} is not there any more.`)
        return {
          filename: name || fileNameOf(leaf.part),
          contentType: `${leaf.part.type}/${leaf.part.subtype}`,
          content: await decodedOf(mail, row, leaf.part),
        }
      })
      files.push(file)
    }
    return files
  }

  /** A draft that was saved again, or sent. Gone already is as good. */
  async function discard(mail: AccountMail, at: Draft['replaces']): Promise<void> {
    if (!at) return
    try {
      await withView(store, mail, at.mailbox, async (view) => {
        const uids = uidsOf([at.uid])
        const seq = view.seqOf(at.uid)
        if (seq === undefined || !view.flagsAt(seq).has('\\Draft')) return
        unwrap(await mail.storeFlags(view, uids, 'add', flagSet(['\\Deleted'])))
        unwrap(await mail.expunge(view, uids))
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  async function markAnswered(mail: AccountMail, answers: Draft['answers']): Promise<void> {
    if (!answers) return
    const mark = flagSet([answers.how === 'reply' ? '\\Answered' : '$Forwarded'])
    try {
      await withView(store, mail, answers.mailbox, async (view) => {
        unwrap(await mail.storeFlags(view, uidsOf([answers.uid]), 'add', mark))
      })
    } catch (error) {
      if (!(error instanceof Refused)) throw error
    }
  }

  async function keep(mail: AccountMail, use: '\\Sent' | '\\Drafts', bytes: Buffer, flags: readonly string[]) {
    const mailbox = await mailboxFor(mail, use)
    const { uids } = unwrap(await mail.append(mailbox.name, [{ bytes, flags: flagSet(flags) }]))
    return { mailbox: mailbox.id, uid: uids[0] }
  }

  return [
    defineRoute({
      method: 'post',
      path: '/drafts',
      scope: 'mail:write',
      summary: 'Saves a draft, in place of the one in `replaces`',
      body: draft,
      files: true,
      also: ALSO,
      answer: object({ mailbox: text(64), uid: optional(whole(1)) }),
      status: 201,
      run: async ({ body, files, mail: enter }) => {
        const mail = await enter()
        const { kept } = await compose(body, mail.identity.name, await attached(mail, body, files), clock.now())
        // The new one first: at no moment is there none.
        const saved = await keep(mail, '\\Drafts', kept, ['\\Draft', '\\Seen'])
        await discard(mail, body.replaces)
        return json(saved)
      },
    }),
    defineRoute({
      method: 'post',
      path: '/send',
      scope: 'mail:send',
      summary: 'Sends a message; a copy goes to Sent, the draft in `replaces` goes away',
      body: draft,
      files: true,
      also: ALSO,
      answer: object({ recipients: whole(), copy: optional(object({ mailbox: text(64), uid: optional(whole(1)) })) }),
      run: async ({ body, files, mail: enter, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator does not write in the name of a user.')
        }
        const [wrong] = notAddresses(body)
        if (wrong !== undefined) throw new Refused(422, 'bad-address', `“${wrong}” is not an address.`)
        const mail = await enter()
        const { name } = mail.identity
        const composed = await compose(body, name, await attached(mail, body, files), clock.now())
        const { recipients } = composed
        if (recipients.length === 0) throw new Refused(422, 'no-recipient', 'There is no recipient.')
        if (recipients.length > MOST_RECIPIENTS) throw new Refused(422, 'too-many', 'There are too many recipients.')
        const refused = await submit({ from: name, to: recipients, bytes: composed.sent })
        if (refused !== undefined) throw new Refused(422, 'not-sent', refused)
        // Sent is sent: what fails from here on must not make anybody send it again.
        const copy = await keep(mail, '\\Sent', composed.kept, ['\\Seen']).catch((error) => {
          log.warn(`http: no copy in Sent for ${name}: ${error instanceof Error ? error.message : String(error)}`)
          return undefined
        })
        await markAnswered(mail, body.answers)
        await discard(mail, body.replaces)
        return json({ recipients: recipients.length, copy })
      },
    }),
  ]
}
