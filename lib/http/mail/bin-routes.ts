import { unwrap } from '../../web/kernel/faults'
import { defineRoute, json, type Route } from '../../web/route/route'
import {
  binOf,
  binPage,
  binQuery,
  chosen,
  listOf,
  pageOf,
  proof,
  proofOf,
  restored,
  restoredOf,
  toRestore,
  whichOf,
} from '../shapes/bin'

/** What a user has removed. */
export function binRoutes(): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/bin',
      scope: 'mail:read',
      summary:
        'Messages that were removed and can be given back, the last ones first; `find` looks at subject, people and mailbox',
      query: binQuery,
      answer: binPage,
      run: async ({ query, mail: enter }) => {
        const bin = binOf(await enter())
        return json(pageOf(await listOf(bin, query), await bin.state()))
      },
    }),
    defineRoute({
      method: 'post',
      path: '/bin/restore',
      scope: 'mail:write',
      summary: 'Gives messages back to the mailbox that they were in; they are new mail there',
      body: chosen,
      answer: restored,
      run: async ({ body, mail: enter }) => {
        const bin = binOf(await enter())
        const { ids, missing } = await toRestore(bin, whichOf(body))
        return json(restoredOf(unwrap(await bin.restore(ids)), missing))
      },
    }),
    defineRoute({
      method: 'post',
      path: '/bin/erase',
      scope: 'mail:write',
      summary: 'Erases messages at once, and says what is left of them',
      body: chosen,
      answer: proof,
      run: async ({ body, mail: enter }) => json(proofOf(await binOf(await enter()).erase(whichOf(body)))),
    }),
  ]
}
