import type { AccountMail, QuotaState } from '../../../mailbox/mailbox'
import { ok } from '../../../terms/fault'
import type { AccountId } from '../../../terms/names'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, faultReply, no } from '../../kernel/reply'
import type { ImapPorts, Session } from '../../kernel/session'
import { LOGGED_IN } from '../../kernel/state'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'

/** QUOTA (RFC 9208): one quota root, the account, unless it has no limit; STORAGE in units of 1024 octets, and MESSAGE. */
const ROOT = encode.quoted('')

/** Of another account, as its name stands behind; for administrators. */
const OTHERS = '#user/'

const maySet = ({ settings }: ImapPorts, { identity }: AccountMail): boolean =>
  settings.setQuota && identity.admin && identity.appPassword === undefined

interface Root {
  readonly id: AccountId
  /** quota-root-name of RFC 9208 6 */
  readonly shown: string
  readonly quota: () => Promise<QuotaState>
}

/** RFC 9208 3.2: undefined: there is none of this name, as far as the user may know */
async function rootOf({ ports }: Session, mail: AccountMail, name: string): Promise<Root | undefined> {
  if (name === '') return { id: mail.id, shown: ROOT, quota: () => mail.quota() }
  if (!name.startsWith(OTHERS) || !maySet(ports, mail)) return undefined
  const account = await ports.room.accounts.find(name.slice(OTHERS.length))
  if (!account) return undefined
  const { id, overrides } = account
  const other = ports.room.account({ id, name: account.name, overrides, admin: false })
  return { id, shown: encode.string(encode.octetsOf(name)), quota: () => other.quota() }
}

/** quota-response of RFC 9208 6 holds one resource at least: without a limit there is no quota root. */
function response(
  { usedBytes, limitBytes, usedMessages, limitMessages }: QuotaState,
  shown: string = ROOT,
): string | undefined {
  const resources = [
    ...(limitBytes > 0 ? [`STORAGE ${Math.ceil(usedBytes / 1024)} ${Math.floor(limitBytes / 1024)}`] : []),
    ...(limitMessages > 0 ? [`MESSAGE ${usedMessages} ${limitMessages}`] : []),
  ]
  return resources.length > 0 ? untagged('QUOTA', shown, list(resources)) : undefined
}

const getQuota = defineCommand({
  name: 'GETQUOTA',
  rfc: 'RFC 9208 4.1.2',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    return cursor.text()
  },
  run: async ({ session, state }, name) => {
    const root = await rootOf(session, state.mail, name)
    const told = root && response(await root.quota(), root.shown)
    if (told === undefined) return no('There is no such quota root', 'NONEXISTENT')
    session.say(told)
    return done('GETQUOTA completed')
  },
})

const getQuotaRoot = defineCommand({
  name: 'GETQUOTAROOT',
  rfc: 'RFC 9208 4.1.3',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    return cursor.mailbox()
  },
  run: async ({ session, state }, mailbox) => {
    const { mail } = state
    const found = await mail.find(mailbox)
    if (!found) return no('There is no such mailbox', 'NONEXISTENT')
    // How full another account is, is no business of a guest.
    const isOwn = (await mail.lockOf(found)).id === mail.id
    const told = isOwn ? response(await mail.quota()) : undefined
    const name = encode.mailbox(mailbox, session.modes.utf8)
    session.say(untagged('QUOTAROOT', name, ...(told === undefined ? [] : [ROOT])))
    if (told !== undefined) session.say(told)
    return done('GETQUOTAROOT completed')
  },
})

/** RFC 9208 4.1.3: limits that are not named are taken away. */
const setQuota = defineCommand({
  name: 'SETQUOTA',
  rfc: 'RFC 9208 4.1.3',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    const name = cursor.text()
    cursor.space()
    const limits = new Map<string, number>()
    if (cursor.try('()')) return { name, limits }
    cursor.list(() => {
      const resource = cursor.keyword()
      cursor.space()
      if (limits.has(resource)) cursor.fail('each resource once')
      limits.set(resource, cursor.number64())
    })
    return { name, limits }
  },
  run: async ({ session, state }, { name, limits }) => {
    const { mail } = state
    if (!maySet(session.ports, mail)) return no('You have no right to do this', 'NOPERM')
    const root = await rootOf(session, mail, name)
    if (!root) return no('There is no such quota root', 'NONEXISTENT')
    const storage = limits.get('STORAGE')
    const quotaBytes = (storage ?? 0) * 1024
    if ([...limits.keys()].some((resource) => resource !== 'STORAGE' && resource !== 'MESSAGE'))
      return no('There are limits of STORAGE and MESSAGE', 'CANNOT')
    // 0 stands for no limit in the store: an account without any room is one that is disabled.
    if ([...limits.values()].includes(0) || !Number.isSafeInteger(quotaBytes)) return no('No such limit', 'CANNOT')
    const set = await session.ports.room.accounts.update(root.id, () =>
      ok({ quotaBytes, quotaMessages: limits.get('MESSAGE') ?? 0 }),
    )
    if (!set.ok) return faultReply(set.fault, session.ports.tellHolder)
    const told = response(await root.quota(), root.shown)
    if (told !== undefined) session.say(told)
    return done('SETQUOTA completed')
  },
})

const commands: readonly Command[] = [getQuota, getQuotaRoot, setQuota]

export const quota: Extension = {
  rfcs: {
    9208: { title: 'IMAP QUOTA' },
  },
  commands,
  status: [
    {
      // RFC 9208 4.1.4: QUOTA=RES-STORAGE requires it; octets, as SIZE.
      name: 'DELETED-STORAGE',
      value: async (mailbox, mail) => {
        const index = mailbox.deleted === 0 ? undefined : await mail.index(mailbox)
        if (!index) return '0'
        const { sizes, flags, flagSets } = index
        return String(sizes.reduce((sum, size, at) => sum + (flagSets[flags[at] ?? 0]?.has('\\Deleted') ? size : 0), 0))
      },
    },
  ],
  // RFC 9208 4.1.3: who may set limits
  capabilities: (session) => {
    const { ports, state } = session
    const sets = 'mail' in state && maySet(ports, state.mail)
    return afterLogin('QUOTA', ...(sets ? ['QUOTASET'] : []), 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE')(session)
  },
}
