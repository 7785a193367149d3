import { LOGIN_PROTOCOLS } from '../../login/login'
import { setPassword } from '../../login/passwords'
import { ok } from '../../terms/fault'
import { Refused, unwrap } from '../../web/kernel/faults'
import { choice, flag, list, object, optional, text, whole } from '../../web/kernel/schema'
import { defineRoute, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import { newPassword, withoutSecondFactor } from '../../web/who/credentials'
import { turn } from '../../work/turns'
import type { HttpPorts } from '../ports'
import { account, viewOf } from './account-view'
import { accountById, createTrail } from './accounts'

const changes = object({
  disabled: optional(flag()),
  administrator: optional(flag()),
  protocols: optional(list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length)),
  quotaBytes: optional(whole()),
  quotaMessages: optional(whole()),
  password: optional(text(1000)),
  removeSecondFactor: optional(flag()),
})

const ALREADY = 'There is an account of this name already.'
const PAGE = 100
const MOST = 500
const NAME = /^[^\s@]{1,64}@[^\s@]{1,255}$/

export function accountRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const { room, endings } = web
  const { accounts } = room
  const view = viewOf(web)
  const trail = createTrail(web, attempts)

  return [
    defineRoute({
      method: 'get',
      path: '/admin/accounts',
      scope: 'admin',
      summary: 'Accounts in order of name, a page at a time: those after `after` whose name has `find` in it',
      query: object({ after: optional(text(320)), find: optional(text(320)), limit: optional(whole(1, MOST)) }),
      answer: object({
        accounts: list(account),
        /** `after` of the next page */
        next: optional(text()),
      }),
      run: async ({ query: { after = '', find = '', limit = PAGE } }) => {
        const page: Awaited<ReturnType<typeof view>>[] = []
        for await (const candidate of accounts.list()) {
          await turn()
          const { name } = candidate
          if (name <= after || !name.includes(find.trim().toLowerCase())) continue
          if (page.length === limit) return json({ accounts: page, next: page.at(-1)?.name })
          page.push(await view(candidate))
        }
        return json({ accounts: page })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/accounts',
      scope: 'admin',
      summary: 'Makes an account',
      body: object({ name: text(320), password: text(1000), administrator: optional(flag()) }),
      answer: account,
      status: 201,
      run: async (call) => {
        const { body } = call
        const name = body.name.trim().toLowerCase()
        if (!NAME.test(name)) throw new Refused(422, 'bad-name', 'A name is a full address such as user@example.org.')
        const credentials = await setPassword(await newPassword(web, body.password))
        const created = await accounts.create({ name, credentials, admin: body.administrator === true })
        if (!created.ok) {
          const removed = await room.accountBin.find(name)
          const why = removed ? 'An account of this name was removed: restore or erase it first.' : ALREADY
          throw new Refused(409, removed ? 'removed' : 'exists', why)
        }
        await room.ensureSpecialUse(created.value.id)
        await trail(call, name, 'account-added')
        return json(await view(created.value))
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/admin/accounts/:account',
      scope: 'admin',
      summary: 'Changes an account; a quota of 0 is none. What takes access away ends its sessions.',
      body: changes,
      answer: account,
      run: async (call) => {
        const { params, body } = call
        const before = await accountById(web, params.account ?? '')
        const isSelf = before.id === call.principal().account.id
        if (isSelf && (body.disabled === true || body.administrator === false)) {
          throw new Refused(409, 'yourself', 'You cannot lock yourself out.')
        }
        const hashed = body.password === undefined ? {} : await setPassword(await newPassword(web, body.password))
        const patch = {
          ...(body.disabled !== undefined && { disabled: body.disabled }),
          ...(body.administrator !== undefined && { admin: body.administrator }),
          ...(body.protocols !== undefined && { protocols: body.protocols }),
          ...(body.quotaBytes !== undefined && { quotaBytes: body.quotaBytes }),
          ...(body.quotaMessages !== undefined && { quotaMessages: body.quotaMessages }),
        }
        const after = unwrap(
          await accounts.update(before.id, ({ credentials }) => {
            const rest = body.removeSecondFactor ? withoutSecondFactor(credentials) : credentials
            return ok({ ...patch, credentials: { ...rest, ...hashed } })
          }),
        )
        const takesAccess = body.disabled === true || body.password !== undefined || body.administrator === false
        if (takesAccess && !isSelf) await endings.endOf(before.id, () => true)
        const what = Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [name]))
        await trail(call, before.name, `account-changed (${what.join(' ')})`)
        return json(await view(after))
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/accounts/:account',
      scope: 'admin',
      summary:
        'Removes an account with all its mail; its name once more, so that it is no slip. It can be restored until then',
      body: object({ name: text(320) }),
      answer: object({ until: optional(whole()) }),
      run: async (call) => {
        const removed = await accountById(web, call.params.account ?? '')
        if (removed.id === call.principal().account.id) {
          throw new Refused(409, 'yourself', 'You cannot remove yourself.')
        }
        if (call.body.name !== removed.name) throw new Refused(409, 'name', 'The name does not agree.')
        await endings.endOf(removed.id, () => true)
        const { until } = unwrap(await room.accountBin.remove(removed.id))
        await trail(call, removed.name, 'account-removed')
        return json({ until })
      },
    }),
  ]
}
