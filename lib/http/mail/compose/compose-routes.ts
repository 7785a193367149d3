import type { AccountMail } from '../../../mailbox/mailbox'
import { type WrittenHtml, writeHtmlJob } from '../../../mime/write/clean-html'
import { createLimiter, Overloaded } from '../../../processes/limiter'
import { textOf } from '../../../terms/errors'
import { accountId } from '../../../terms/names'
import { FORM_BODY, JSON_BODY } from '../../../web/kernel/body/kinds'
import { Refused } from '../../../web/kernel/faults'
import { object, optional, text, whole } from '../../../web/kernel/schema'
import { type Answer, defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { storedContacts, written } from '../people/contacts'
import { refuseOthers } from '../people/people-routes'
import { isAddress } from '../people/vcard'
import type { Person } from '../person'
import { attachedFiles } from './attachments'
import { type Composed, compose, type Draft, draft, isMessageName, notAddresses, tooManyAddresses } from './compose'
import { discard, keep, markAnswered } from './filing'
import { sentOnce, wasSent } from './sent-once'

const MOST_RECIPIENTS = 500

/** A part of a stored message can be read by whoever gets it; a draft that goes and a mark are changes of stored mail. */
const ALSO = [
  { field: 'attachments.uid', scope: 'mail:read' },
  { field: 'replaces', scope: 'mail:write' },
  { field: 'answers', scope: 'mail:write' },
] as const

/** Milliseconds that a message waits while others are composed. */
const PATIENCE = 30_000

export function composeRoutes(
  { clock, log, settings, room: { pool } }: Web,
  { submit, addresses }: HttpPorts,
): readonly Route[] {
  /** With files each is in memory several times over: one after the other. */
  const oneByOne = createLimiter(1, PATIENCE)

  const fromOf = ({ identity: { name: address } }: AccountMail, { from }: Draft): Person =>
    from ?? { name: '', address }

  /** Throws 422 and 503. */
  async function cleaned(mail: AccountMail, html: string): Promise<WrittenHtml> {
    const done = await pool.run(writeHtmlJob, html, mail.id)
    if (!done.ok && done.fault.kind === 'busy') throw new Refused(503, 'busy', 'Too much at once, try again later.')
    if (done.ok && done.value) return done.value
    throw new Refused(422, 'too-big', 'This text has too much formatting.')
  }

  async function composed(
    mail: AccountMail,
    body: Draft,
    files: ReadonlyMap<string, Buffer>,
    use: (composed: Composed) => Promise<Answer>,
  ): Promise<Answer> {
    const written = body.html === undefined ? undefined : await cleaned(mail, body.html)
    const work = async (): Promise<Answer> =>
      use(
        await compose(
          written ? { ...body, text: written.text } : body,
          fromOf(mail, body),
          await attachedFiles(mail, body, files, settings.maxBody),
          clock.now(),
          written?.html,
        ),
      )
    if (body.attachments === undefined || body.attachments.length === 0) return work()
    return oneByOne(work).catch((error) => {
      throw error instanceof Overloaded
        ? new Refused(503, 'busy', 'Too many messages at once, try again later.')
        : error
    })
  }

  function refuseWrong(body: Draft): void {
    if (body.id !== undefined && !isMessageName(body.id)) {
      throw new Refused(422, 'bad-id', 'id: expected letters, digits and hyphens')
    }
    if (body.from && !isAddress(body.from.address)) {
      throw new Refused(422, 'bad-address', 'from.address: expected an address')
    }
    if (tooManyAddresses(body)) throw new Refused(422, 'too-many', 'There are too many recipients.')
  }

  return [
    defineRoute({
      method: 'post',
      path: '/drafts',
      scope: 'mail:write',
      summary: 'Saves a draft, in place of the one in `replaces`',
      body: draft,
      bodies: [JSON_BODY, FORM_BODY],
      also: ALSO,
      answer: object({ mailbox: text(64), uid: optional(whole(1)) }),
      status: 201,
      run: async ({ body, files, mail: enter }) => {
        refuseWrong(body)
        const mail = await enter()
        // Of what is sent nobody needs a draft: it would look as if it were not.
        if (await wasSent(mail, body.id)) throw new Refused(409, 'was-sent', 'This message was sent already.')
        return composed(mail, body, files, async ({ copy }) => {
          // The new one first: at no moment is there none.
          const saved = await keep(mail, '\\Drafts', copy, ['\\Draft', '\\Seen'])
          await discard(mail, body.replaces)
          return json(saved)
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/send',
      scope: 'mail:send',
      summary:
        'Sends a message; a copy goes to Sent, the draft in `replaces` goes away. Under an `id` that was sent it is not sent again.',
      body: draft,
      bodies: [JSON_BODY, FORM_BODY],
      also: ALSO,
      answer: object({ recipients: whole(), copy: optional(object({ mailbox: text(64), uid: optional(whole(1)) })) }),
      run: async ({ body, files, mail: enter, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator does not write in the name of a user.')
        }
        refuseWrong(body)
        const [wrong] = notAddresses(body)
        if (wrong !== undefined) throw new Refused(422, 'bad-address', `“${wrong}” is not an address.`)
        const mail = await enter()
        const { id, name } = mail.identity
        if (body.from) await refuseOthers(addresses(), { id: accountId(id), name }, body.from.address)
        const answer = await sentOnce(mail, body.id, (isSent) =>
          composed(mail, body, files, async ({ recipients, people, sent, copy: octets }) => {
            if (recipients.length === 0) throw new Refused(422, 'no-recipient', 'There is no recipient.')
            if (recipients.length > MOST_RECIPIENTS)
              throw new Refused(422, 'too-many', 'There are too many recipients.')
            const refused = await submit({ from: fromOf(mail, body).address, to: recipients, bytes: sent })
            if (refused !== undefined) throw new Refused(422, 'not-sent', refused)
            await isSent()
            const copy = await keep(mail, '\\Sent', octets, ['\\Seen']).catch((error) => {
              log.warn(`http: no copy in Sent for ${name}: ${textOf(error)}`)
              return undefined
            })
            await storedContacts
              .change(mail, (before) => written(before, people, clock.now()))
              .catch((error) => log.warn(`http: no contacts of ${name}: ${textOf(error)}`))
            await markAnswered(mail, body.answers)
            await discard(mail, body.replaces)
            return json({ recipients: recipients.length, copy })
          }),
        )
        return answer ?? json({ recipients: 0 })
      },
    }),
  ]
}
