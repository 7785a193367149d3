import { LOGIN_PROTOCOLS } from '../../login/login'
import { setPassword } from '../../login/passwords'
import { newAppPassword } from '../../login/passwords/app-passwords'
import type { Account } from '../../store/account'
import { ok } from '../../terms/fault'
import { accountId } from '../../terms/names'
import { notFound, Refused, unwrap } from '../../web/kernel/faults'
import { choice, flag, list, object, optional, text, whole } from '../../web/kernel/schema'
import type { Web } from '../../web/ports'
import { DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Admit } from '../../web/who/admit'
import { addingAppPassword, removingAppPassword, withoutTotp } from '../../web/who/credentials'
import { turn } from '../../work/turns'
import { appPassword, appPasswordView, newPassword } from '../account/routes'

const account = object({
  id: text(64),
  name: text(),
  disabled: flag(),
  administrator: flag(),
  protocols: list(text()),
  totp: flag(),
  bytes: whole(),
  messages: whole(),
  quotaBytes: optional(whole()),
  quotaMessages: optional(whole()),
  appPasswords: list(appPassword),
  createdAt: whole(),
})

const PAGE = 100
const MOST = 500
const NAME = /^[^\s@]{1,64}@[^\s@]{1,255}$/

export function adminAccountRoutes(web: Web, admit: Admit): readonly Route[] {
  const { room, sessions, leases, settings, clock } = web
  const { accounts } = room.store

  async function view(one: Account) {
    const { credentials, admin, id, name, disabled, protocols, quotaBytes, quotaMessages, createdAt } = one
    return {
      ...{ id, name, disabled, administrator: admin, protocols, quotaBytes, quotaMessages, createdAt },
      totp: credentials.totp !== undefined,
      appPasswords: (credentials.appPasswords ?? []).map(appPasswordView),
      ...(await accounts.usage(id)),
    }
  }
  async function byId(id: string): Promise<Account> {
    const found = await accounts.get(accountId(id))
    if (!found) throw notFound('account')
    return found
  }
  async function endSessions(id: string): Promise<void> {
    for (const one of await sessions.list(id)) {
      await sessions.remove(one.id)
      await leases.releaseAll(one.id)
    }
  }
  /** Who did what to whom stands in the audit trail. */
  const trail = (admin: Account, address: string, user: string, reason: string): Promise<void> =>
    admit.note({
      ...{ at: clock.now(), user, address, protocol: 'http', mechanism: 'ADMIN', verdict: 'granted' },
      reason: `${reason} by ${admin.name}`,
    })

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
        for await (const one of accounts.list()) {
          await turn()
          if (one.name <= after || !one.name.includes(find.trim().toLowerCase())) continue
          if (page.length === limit) return json({ accounts: page, next: page.at(-1)?.name })
          page.push(await view(one))
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
      run: async ({ body, principal, peer }) => {
        const name = body.name.trim().toLowerCase()
        if (!NAME.test(name)) throw new Refused(422, 'bad-name', 'A name is a full address such as user@example.org.')
        const credentials = await setPassword(newPassword(body.password))
        const made = await accounts.create({ name, credentials, admin: body.administrator === true })
        if (!made.ok) throw new Refused(409, 'exists', 'There is an account of this name already.')
        await room.ensureSpecialUse(made.value.id)
        await trail(principal().account, peer.address, name, 'account-added')
        return json(await view(made.value))
      },
    }),
    defineRoute({
      method: 'patch',
      path: '/admin/accounts/:account',
      scope: 'admin',
      summary: 'Changes an account; a quota of 0 is none. What takes access away ends its sessions.',
      body: object({
        disabled: optional(flag()),
        administrator: optional(flag()),
        protocols: optional(list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length)),
        quotaBytes: optional(whole()),
        quotaMessages: optional(whole()),
        password: optional(text(1000)),
        removeTotp: optional(flag()),
      }),
      answer: account,
      run: async ({ params, body, principal, peer }) => {
        const before = await byId(params.account ?? '')
        const admin = principal().account
        if (before.id === admin.id && (body.disabled === true || body.administrator === false)) {
          throw new Refused(409, 'yourself', 'You cannot lock yourself out.')
        }
        const hashed = body.password === undefined ? {} : await setPassword(newPassword(body.password))
        const patch = {
          ...(body.disabled !== undefined && { disabled: body.disabled }),
          ...(body.administrator !== undefined && { admin: body.administrator }),
          ...(body.protocols !== undefined && { protocols: body.protocols }),
          ...(body.quotaBytes !== undefined && { quotaBytes: body.quotaBytes }),
          ...(body.quotaMessages !== undefined && { quotaMessages: body.quotaMessages }),
        }
        const after = unwrap(
          await accounts.update(before.id, ({ credentials }) => {
            const kept = body.removeTotp ? withoutTotp(credentials) : credentials
            return ok({ ...patch, credentials: { ...kept, ...hashed } })
          }),
        )
        const access = body.disabled === true || body.password !== undefined || body.administrator === false
        if (access && before.id !== admin.id) await endSessions(before.id)
        const what = Object.entries(body).flatMap(([name, value]) => (value === undefined ? [] : [name]))
        await trail(admin, peer.address, before.name, `account-changed (${what.join(' ')})`)
        return json(await view(after))
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/accounts/:account',
      scope: 'admin',
      summary: 'Removes an account with all its mail; its name once more, so that it is no slip',
      body: object({ name: text(320) }),
      answer: done,
      run: async ({ params, body, principal, peer }) => {
        const found = await byId(params.account ?? '')
        if (found.id === principal().account.id) throw new Refused(409, 'yourself', 'You cannot remove yourself.')
        if (body.name !== found.name) throw new Refused(409, 'name', 'The name does not agree.')
        await endSessions(found.id)
        unwrap(await accounts.remove(found.id))
        await trail(principal().account, peer.address, found.name, 'account-removed')
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/app-passwords',
      scope: 'admin',
      summary: 'Makes an app password for a user; shown once',
      body: object({ label: text(100), protocols: list(choice(...LOGIN_PROTOCOLS), LOGIN_PROTOCOLS.length) }),
      answer: object({ id: text(), password: text() }),
      status: 201,
      run: async ({ params, body, principal, peer }) => {
        const found = await byId(params.account ?? '')
        const { password, verifier, tag } = newAppPassword()
        const made = { ...body, id: crypto.randomUUID(), password: verifier, tag, createdAt: clock.now() }
        unwrap(await accounts.update(found.id, addingAppPassword(made)))
        await trail(principal().account, peer.address, found.name, 'app-password-added')
        return json({ id: made.id, password })
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/accounts/:account/app-passwords/:id',
      scope: 'admin',
      summary: 'Takes an app password of a user away',
      answer: done,
      run: async ({ params, principal, peer }) => {
        const found = await byId(params.account ?? '')
        unwrap(await accounts.update(found.id, removingAppPassword(params.id ?? '')))
        await trail(principal().account, peer.address, found.name, 'app-password-removed')
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/enter',
      scope: 'admin',
      summary: 'Enters the mailbox of a user, if the settings allow it: shared lock, audit trail',
      answer: done,
      run: async ({ params, principal, peer }) => {
        const { account: admin, credential } = principal()
        if (!settings.adminEnter || credential.kind !== 'session') {
          throw new Refused(403, 'not-permitted', 'Entering mailboxes is off (mailbox_http.ini, enter_mailboxes).')
        }
        const found = await byId(params.account ?? '')
        await trail(admin, peer.address, found.name, 'mailbox-entered')
        await leases.releaseAll(credential.id)
        await sessions.update(credential.id, { entered: found.id })
        return DONE
      },
    }),
    defineRoute({
      method: 'delete',
      path: '/admin/entered',
      scope: 'admin',
      summary: 'Leaves the mailbox of a user',
      answer: done,
      run: async ({ principal }) => {
        const { credential } = principal()
        await leases.releaseAll(credential.id)
        await sessions.update(credential.id, { entered: '' })
        return DONE
      },
    }),
  ]
}
