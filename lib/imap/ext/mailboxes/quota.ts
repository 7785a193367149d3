import type { QuotaState } from '../../../mailbox/mailbox'
import { type Command, defineCommand } from '../../kernel/command'
import { afterLogin, type Extension } from '../../kernel/extension'
import { done, no } from '../../kernel/reply'
import { LOGGED_IN } from '../../kernel/state'
import * as encode from '../../wire/encode'
import { list, untagged } from '../../wire/response'

/** QUOTA (RFC 9208): one quota root, the account, unless it has no limit; STORAGE in units of 1024 octets, and MESSAGE. */
const ROOT = encode.quoted('')

/** quota-response of RFC 9208 6 holds one resource at least: without a limit there is no quota root. */
function response({ usedBytes, limitBytes, usedMessages, limitMessages }: QuotaState): string | undefined {
  const resources = [
    ...(limitBytes > 0 ? [`STORAGE ${Math.ceil(usedBytes / 1024)} ${Math.floor(limitBytes / 1024)}`] : []),
    ...(limitMessages > 0 ? [`MESSAGE ${usedMessages} ${limitMessages}`] : []),
  ]
  return resources.length > 0 ? untagged('QUOTA', ROOT, list(resources)) : undefined
}

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

const commands: readonly Command[] = [getQuota, getQuotaRoot]

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
  capabilities: afterLogin('QUOTA', 'QUOTA=RES-STORAGE', 'QUOTA=RES-MESSAGE'),
}
