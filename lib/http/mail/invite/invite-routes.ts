import type { AccountMail } from '../../../mailbox/mailbox'
import type { MessageRow } from '../../../mailbox/vocabulary'
import { partText } from '../../../mime/text/text'
import { flagSet } from '../../../terms/flags'
import { notFound, Refused, unwrap } from '../../../web/kernel/faults'
import { choice, flag, list, object, optional, text, whole } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { uidsOf, withRow } from '../access'
import { compose } from '../compose/compose'
import { keep } from '../compose/filing'
import { leafAt, octetsOf } from '../message/parts'
import { addressedAs } from '../people/own-addresses'
import { MOST_CALENDAR } from './parts'
import {
  ANSWERS,
  type CalendarInput,
  type CalendarOutput,
  type InvitationAnswer,
  readInvitationJob,
} from './read-invitation'

const attendee = object({ name: text(), address: text(), status: text() })
const invitation = object({
  method: text(),
  summary: text(),
  location: text(),
  description: text(),
  start: optional(whole()),
  end: optional(whole()),
  allDay: flag(),
  floating: flag(),
  rule: text(),
  organizer: optional(attendee),
  attendees: list(attendee),
  /** what this account has answered from here */
  answered: optional(choice(...ANSWERS)),
  /** it asks this account, and has an organizer who can be answered */
  canAnswer: flag(),
})

/** Flags of a message whose invitation was answered here. */
const KEYWORDS: Readonly<Record<InvitationAnswer, string>> = {
  accepted: '$InvitationAccepted',
  tentative: '$InvitationTentative',
  declined: '$InvitationDeclined',
}
const WORDS: Readonly<Record<InvitationAnswer, string>> = {
  accepted: 'Accepted',
  tentative: 'Tentative',
  declined: 'Declined',
}

const isAddress = (address: string): boolean => /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/.test(address)

/** Invitations to events: what they say, and an answer to who sent them. */
export function inviteRoutes({ room: { pool }, clock, log }: Web, { submit, addresses }: HttpPorts): readonly Route[] {
  async function calendarOf(
    mail: AccountMail,
    row: MessageRow,
    number: string,
    answer?: CalendarInput['answer'],
  ): Promise<CalendarOutput> {
    const part = leafAt(row.prepared.structure, number)
    if (!part || part.bodyEnd - part.bodyStart > MOST_CALENDAR) throw notFound('invitation')
    const calendar = partText(part, await octetsOf({ mail, row }, part))
    const read = await pool.run(readInvitationJob, { text: calendar, ...(answer && { answer }) }, mail.id)
    if (!read.ok) throw new Refused(422, 'bad-invitation', 'The invitation is too much to be read.')
    if (!read.value) throw notFound('invitation')
    return read.value
  }
  const answeredBy = (row: MessageRow): InvitationAnswer | undefined =>
    ANSWERS.find((answer) => row.flags.has(KEYWORDS[answer]))

  return [
    defineRoute({
      method: 'get',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part/invitation',
      scope: 'mail:read',
      summary: 'What an invitation says: when, where, who',
      answer: invitation,
      run: async ({ params, mail: enter }) => {
        const mail = await enter()
        return withRow(mail, params, async (row) => {
          const { invitation: read } = await calendarOf(mail, row, params.part ?? '')
          const canAnswer = read.method === 'REQUEST' && isAddress(read.organizer?.address ?? '')
          return json({ ...read, answered: answeredBy(row), canAnswer })
        })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/messages/:uid/parts/:part/invitation',
      scope: 'mail:send',
      summary: 'Answers an invitation by a message to its organizer (RFC 5546, RFC 6047)',
      body: object({ answer: choice(...ANSWERS) }),
      also: [
        { field: 'answer', scope: 'mail:read' },
        { field: 'answer', scope: 'mail:write' },
      ],
      answer: object({ to: text() }),
      run: async ({ params, body: { answer }, mail: enter, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator does not write in the name of a user.')
        }
        const mail = await enter()
        return withRow(mail, params, async (row, view) => {
          const { invitation: asking } = await calendarOf(mail, row, params.part ?? '')
          // RFC 5546 3.2.3: the organizer knows who answers by the address that was invited.
          const invited = asking.attendees.map(({ address }) => address)
          const own = addressedAs(addresses(), mail.identity.name, invited)
          const asked = { as: own, status: answer, now: clock.now() }
          const { invitation: read, reply = '' } = await calendarOf(mail, row, params.part ?? '', asked)
          const to = read.organizer?.address ?? ''
          if (read.method !== 'REQUEST' || !isAddress(to)) {
            throw new Refused(422, 'no-organizer', 'Nobody asks for an answer to this.')
          }
          const subject = `${WORDS[answer]}: ${read.summary}`
          const written = `${own} has answered “${read.summary}”: ${WORDS[answer].toLowerCase()}.`
          const draft = { to, subject, text: written }
          const { sent, copy } = await compose(draft, { name: '', address: own }, [], clock.now(), undefined, {
            method: 'REPLY',
            content: reply,
          })
          const refused = await submit({ from: own, to: [to], bytes: sent })
          if (refused !== undefined) throw new Refused(422, 'not-sent', refused)
          await keep(mail, '\\Sent', copy, ['\\Seen']).catch(() => log.warn(`http: no copy in Sent for ${own}`))
          const uids = uidsOf([row.uid])
          unwrap(await mail.storeFlags(view, uids, 'remove', flagSet(Object.values(KEYWORDS))))
          unwrap(await mail.storeFlags(view, uids, 'add', flagSet([KEYWORDS[answer]])))
          return json({ to })
        })
      },
    }),
  ]
}
