import type { Account } from '../../mailbox/vocabulary'
import { flag, list, object, optional, text, whole } from '../../web/kernel/schema'
import type { Web } from '../../web/shared'
import { hasKnownPassword, hasSecondFactor } from '../../web/who/credentials'
import { appPassword, appPasswordView } from '../shapes/app-password'

/** An account as an administrator sees it. */
export const account = object({
  id: text(64),
  name: text(),
  disabled: flag(),
  administrator: flag(),
  protocols: list(text()),
  secondFactor: flag(),
  knownPassword: flag(),
  bytes: whole(),
  messages: whole(),
  quotaBytes: optional(whole()),
  quotaMessages: optional(whole()),
  appPasswords: list(appPassword),
  createdAt: whole(),
})

export const viewOf =
  ({ room }: Pick<Web, 'room'>) =>
  async ({ credentials, admin, id, name, disabled, protocols, quotaBytes, quotaMessages, createdAt }: Account) => ({
    ...{ id, name, disabled, administrator: admin, protocols, quotaBytes, quotaMessages, createdAt },
    secondFactor: hasSecondFactor(credentials),
    knownPassword: hasKnownPassword(credentials),
    appPasswords: (credentials.appPasswords ?? []).map(appPasswordView(await room.appPasswordUses(id))),
    ...(await room.accounts.usage(id)),
  })
