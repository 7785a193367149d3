import type { AccountMail } from '../../mailbox/mailbox'
import type { Account } from '../../mailbox/vocabulary'
import { notFound, Refused, unwrap } from '../../web/kernel/faults'
import { list, object, text, whole } from '../../web/kernel/schema'
import { type Call, DONE, defineRoute, done, json, type Route } from '../../web/route/route'
import type { Web } from '../../web/shared'
import type { HttpPorts } from '../ports'
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
import { accountById, createTrail } from './accounts'

const removedAccounts = object({
  accounts: list(object({ name: text(), messages: whole(), bytes: whole(), removedAt: whole(), until: whole() })),
})
const name = object({ name: text(320) })
const messagesOf = (count: number): string => `${count} ${count === 1 ? 'message' : 'messages'}`

/** What users have removed, and accounts that were. */
export function binRoutes(web: Web, { attempts }: HttpPorts): readonly Route[] {
  const { room, settings } = web
  const trail = createTrail(web, attempts)
  const mailOf = ({ id, name, overrides, admin }: Account): AccountMail => room.account({ id, name, overrides, admin })

  /** With the shared lock. Throws 409: 423 would be about the administrator's own mailbox. */
  async function within<T>(
    { peer, userAgent }: Pick<Call<unknown, unknown>, 'peer' | 'userAgent'>,
    account: Account,
    run: (mail: AccountMail) => Promise<T>,
  ): Promise<T> {
    const mail = mailOf(account)
    const lease = await mail.enter({ protocol: 'admin', address: peer.address, client: userAgent })
    if (!lease.ok) throw new Refused(409, 'in-use', 'A program is in the mailbox of this user.')
    try {
      return await run(mail)
    } finally {
      await lease.value.release()
    }
  }

  return [
    defineRoute({
      method: 'get',
      path: '/admin/accounts/:account/bin',
      scope: 'admin',
      summary:
        'Messages that a user has removed; who wrote them, and about what, only where the settings let administrators enter mailboxes',
      query: binQuery,
      answer: binPage,
      run: async (call) => {
        const account = await accountById(web, call.params.account ?? '')
        if (call.query.find && !settings.adminEnter) {
          throw new Refused(403, 'not-permitted', 'Reading mail of users is off (mailbox_http.ini, enter_mailboxes).')
        }
        const bin = binOf(mailOf(account))
        const page = pageOf(await listOf(bin, call.query), await bin.state(), settings.adminEnter)
        await trail(call, account.name, 'bin-listed')
        return json(page)
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/bin/restore',
      scope: 'admin',
      summary: 'Gives messages back to a user',
      body: chosen,
      answer: restored,
      run: async (call) => {
        const account = await accountById(web, call.params.account ?? '')
        const { back, missing } = await within(call, account, async (mail) => {
          const bin = binOf(mail)
          const { ids, missing } = await toRestore(bin, whichOf(call.body))
          return { back: unwrap(await bin.restore(ids)), missing }
        })
        await trail(call, account.name, `bin-restored (${messagesOf(back.messages)})`)
        return json(restoredOf(back, missing))
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/accounts/:account/bin/erase',
      scope: 'admin',
      summary: 'Erases messages that a user has removed, and says what is left of them',
      body: chosen,
      answer: proof,
      run: async (call) => {
        const account = await accountById(web, call.params.account ?? '')
        const erased = await binOf(mailOf(account)).erase(whichOf(call.body))
        await trail(call, account.name, `bin-erased (${messagesOf(erased.messages)}, ${erased.bytes} octets)`)
        return json(proofOf(erased))
      },
    }),
    defineRoute({
      method: 'get',
      path: '/admin/removed',
      scope: 'admin',
      summary: 'Accounts that were removed and can be restored',
      answer: removedAccounts,
      run: async () => {
        const accounts: { name: string; messages: number; bytes: number; removedAt: number; until: number }[] = []
        for await (const { id, name, removedAt, until } of room.accountBin.list()) {
          accounts.push({ name, removedAt, until, ...(await room.accounts.usage(id)) })
        }
        return json({ accounts })
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/removed/restore',
      scope: 'admin',
      summary: 'Brings a removed account back with its mail, password and rights',
      body: name,
      answer: done,
      run: async (call) => {
        const account = unwrap(await room.accountBin.restore(call.body.name.trim()))
        await trail(call, account.name, 'account-restored')
        return DONE
      },
    }),
    defineRoute({
      method: 'post',
      path: '/admin/removed/erase',
      scope: 'admin',
      summary: 'Erases a removed account with all its mail at once, and says what is left of it',
      body: name,
      answer: proof,
      run: async (call) => {
        const removed = await room.accountBin.find(call.body.name.trim())
        if (!removed) throw notFound('removed account')
        const erased = unwrap(await room.accountBin.erase(removed.name))
        await trail(call, removed.name, `account-erased (${messagesOf(erased.messages)}, ${erased.bytes} octets)`)
        return json(proofOf(erased))
      },
    }),
  ]
}
