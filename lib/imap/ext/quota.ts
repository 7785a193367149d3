import type { QuotaState } from '../../mailbox/mailbox'
import { type Command, defineCommand } from '../kernel/command'
import type { Extension } from '../kernel/extension'
import { done, no } from '../kernel/faults'
import type { Session } from '../kernel/session'
import * as encode from '../wire/encode'

/** QUOTA (RFC 9208): one quota root, the account, unless it has no limit; STORAGE in units of 1024 octets, and MESSAGE. */
const ROOT = '""'

/** quota-response of RFC 9208 6 holds one resource at least: without a limit there is no quota root. */
function response({ usedBytes, limitBytes, usedMessages, limitMessages }: QuotaState): string | undefined {
  const list = [
    ...(limitBytes > 0 ? [`STORAGE ${Math.ceil(usedBytes / 1024)} ${Math.floor(limitBytes / 1024)}`] : []),
    ...(limitMessages > 0 ? [`MESSAGE ${usedMessages} ${limitMessages}`] : []),
  ]
  return list.length > 0 ? `* QUOTA ${ROOT} (${list.join(' ')})` : undefined
}

const LOGGED_IN = ['authenticated', 'selected'] as const

const getQuota = defineCommand({
  name: 'GETQUOTA',
  rfc: 'RFC 9208 4.1.2',
  states: LOGGED_IN,
  parse: (cursor) => {
    cursor.space()
    return cursor.text()
  },
  run: async ({ session, state }, root) => {
    const told = root === '' ? response(await state.mail.quota()) : undefined
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
    if (!(await state.mail.find(mailbox))) return no('There is no such mailbox', 'NONEXISTENT')
    const told = response(await state.mail.quota())
    session.say(`* QUOTAROOT ${encode.mailbox(mailbox, session.modes.utf8)}${told === undefined ? '' : ` ${ROOT}`}`)
    if (told !== undefined) session.say(told)
    return done('GETQUOTAROOT completed')
  },
})

const commands: readonly Command[] = [getQuota, getQuotaRoot]
const loggedIn = ({ state }: Session): boolean => state.name !== 'not-authenticated'

export const quota: Extension = {
  rfc: 'RFC 9208',
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
  capabilities: (session) => (loggedIn(session) ? ['QUOTA', 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'] : []),
}
