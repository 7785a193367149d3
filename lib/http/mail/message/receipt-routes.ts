import { flagSet } from '../../../terms/flags'
import { Refused, unwrap } from '../../../web/kernel/faults'
import { flag, object } from '../../../web/kernel/schema'
import { DONE, defineRoute, done, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { uidsOf, withRow } from '../access'
import { addressedAs } from '../people/own-addresses'
import { storedPreferences } from '../people/preferences'
import { ANSWERED, receiptMail, receiptOf, recipientsIn } from './receipt'
import { headerOf, subjectOf } from './subjects'

/** Receipts that senders ask for: sent by hand, once (RFC 8098 2.1). */
export function receiptRoutes({ clock }: Web, { host, submit, addresses }: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/messages/:uid/receipt',
      scope: 'mail:send',
      summary: 'Answers a sender who asks for a receipt: sends it, or not, and does not ask again',
      // It says something of the message, and marks it.
      also: [
        { field: 'send', scope: 'mail:read' },
        { field: 'send', scope: 'mail:write' },
      ],
      body: object({ send: flag() }),
      answer: done,
      run: async ({ params, body, mail: enter, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator sends no receipt in the name of a user.')
        }
        const mail = await enter()
        await withRow(mail, params, async (row, view) => {
          const fields = await headerOf({ mail, row }, row.prepared.structure)
          const to = receiptOf(fields)
          if (to === undefined || row.flags.has(ANSWERED)) {
            throw new Refused(422, 'no-receipt', 'No receipt is asked for, or it was answered already.')
          }
          // First the mark: at most one is sent, whatever happens.
          unwrap(await mail.storeFlags(view, uidsOf([row.uid]), 'add', flagSet([ANSWERED])))
          if (!body.send) return
          const { identities } = await storedPreferences.get(mail)
          const address = addressedAs(addresses(), mail.identity.name, recipientsIn(fields))
          const from = { name: identities.find((own) => own.address === address)?.name ?? '', address }
          const subject = await subjectOf({ mail, row }, row.prepared.structure)
          const bytes = await receiptMail({ fields, from, to, subject, host, now: clock.now() })
          // RFC 8098 3: nobody is told of what becomes of it.
          const refused = await submit({ from: '', to: [to], bytes })
          if (refused !== undefined) throw new Refused(422, 'not-sent', refused)
        })
        return DONE
      },
    }),
  ]
}
