import { createLimiter } from '../../../processes/limiter'
import { textOf } from '../../../terms/errors'
import { Refused } from '../../../web/kernel/faults'
import { object, whole } from '../../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../../web/route/route'
import type { Web } from '../../../web/shared'
import type { HttpPorts } from '../../ports'
import { withRow } from '../access'
import { authenticationOf } from './authentication'
import { headerOf } from './subjects'
import { oneClickOf } from './unsubscribe'

/** RFC 8058 3.2: the whole body of the request. */
const BODY = 'List-Unsubscribe=One-Click'

/** Servers elsewhere that are asked at once, and milliseconds that the next one waits. */
const AT_ONCE = 8
const PATIENCE = 10_000

/** Leaving a mailing list. */
export function unsubscribeRoutes({ log }: Web, { host, postOutside }: HttpPorts): readonly Route[] {
  const few = createLimiter(AT_ONCE, PATIENCE, 100)
  return [
    defineRoute({
      method: 'post',
      path: '/mailboxes/:mailbox/messages/:uid/unsubscribe',
      scope: 'mail:send',
      summary: 'Leaves the list that sent a message, by its one-click address (RFC 8058)',
      answer: object({ status: whole() }),
      run: async ({ params, mail: enter, principal }) => {
        if (principal().credential.entered) {
          throw new Refused(403, 'not-permitted', 'An administrator does not leave lists in the name of a user.')
        }
        const mail = await enter()
        const url = await withRow(mail, params, async (row) => {
          const fields = await headerOf({ mail, row }, row.prepared.structure)
          return oneClickOf(fields, authenticationOf(fields, host))
        })
        if (!url) throw new Refused(422, 'no-one-click', 'This message offers no way to leave by one click.')
        const status = await few(() => postOutside(url, BODY)).catch((error) => {
          log.info(`http: unsubscribe at ${url.hostname}: ${textOf(error)}`)
          throw new Refused(502, 'not-reached', 'The list could not be reached.')
        })
        if (status < 200 || status > 299) {
          throw new Refused(502, 'not-accepted', `The list did not accept it (status ${status}).`)
        }
        return json({ status })
      },
    }),
  ]
}
