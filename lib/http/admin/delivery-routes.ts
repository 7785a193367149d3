import { flag, list, object, text } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
import { accountById } from './accounts'

/** Characters of a script that are looked at, and addresses that are told. */
const MOST_SCRIPT = 512 * 1024
const MOST_FORWARDS = 100
/** RFC 5228 4.2, with the tags of `copy` and its kind. What a variable holds is not known before there is a message. */
const REDIRECT = /\bredirect\s+(?::[a-z]+\s+)*"((?:[^"\\]|\\.){1,320})"/gi

/** Where the active rules send mail on to, as they stand. */
function forwardsOf(script: string): readonly string[] {
  const code = script.slice(0, MOST_SCRIPT).replace(/^\s*#.*$/gm, '')
  const found = [...code.matchAll(REDIRECT)].slice(0, MOST_FORWARDS)
  return [...new Set(found.map(([, address = '']) => address))]
}

/** What becomes of mail to a user before it is in a mailbox. */
export function deliveryRoutes(web: Web, { addresses }: HttpPorts): readonly Route[] {
  return [
    defineRoute({
      method: 'get',
      path: '/admin/accounts/:account/delivery',
      scope: 'admin',
      summary: 'Aliases that name an account, its rules, and addresses that the active rules send mail on to',
      answer: object({
        aliases: list(text()),
        rules: list(object({ name: text(), active: flag() })),
        forwards: list(text()),
      }),
      run: async ({ params }) => {
        const { id, name, overrides, admin } = await accountById(web, params.account ?? '')
        const { scripts } = web.room.account({ id, name, overrides, admin })
        const rules = await scripts.list()
        const active = rules.find((rule) => rule.active)
        const script = active && (await scripts.get(active.name))
        return json({ aliases: addresses()?.aliasesOf(name) ?? [], rules, forwards: forwardsOf(script ?? '') })
      },
    }),
  ]
}
