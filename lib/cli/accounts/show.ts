import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import { utcTime } from '../../terms/plain'
import { sizeText } from '../../terms/sizes'
import { hasKnownPassword } from '../../web/who/credentials'

/** What an account has and may do, without anything secret. */
async function factsOf(store: Store, account: Account) {
  const { id, name, disabled, admin, protocols, overrides, quotaBytes, quotaMessages, credentials, createdAt } = account
  const uses = await store.uses.list(id)
  const mailboxes: string[] = []
  for (const mailbox of await store.mailboxes.list(id)) mailboxes.push(mailbox.name)
  return {
    ...{
      name,
      id,
      disabled,
      administrator: admin,
      protocols,
      overrides,
      createdAt,
      quotaBytes,
      quotaMessages,
      mailboxes,
    },
    ...(await store.accounts.usage(id)),
    password: credentials.password?.replace(/^\{([^}]+)\}.*$/s, '$1') ?? 'none of its own',
    knownPassword: hasKnownPassword(credentials),
    authenticatorApp: credentials.totp !== undefined,
    passkeys: (credentials.passkeys ?? []).map(({ label, createdAt }) => ({ label, createdAt })),
    script: account.activeScript,
    appPasswords: (credentials.appPasswords ?? []).map((one) => ({
      ...{ label: one.label, protocols: one.protocols, networks: one.networks ?? [], expiresAt: one.expiresAt },
      used: uses.get(one.id),
    })),
  }
}

type Facts = Awaited<ReturnType<typeof factsOf>>

/** @param own what the account has; undefined: mailbox_store.ini decides */
const limit = (own: number | undefined, shown: (number: number) => string): string =>
  own === undefined ? 'as in mailbox_store.ini' : own === 0 ? 'no limit' : shown(own)

function linesOf(facts: Facts): readonly (readonly [title: string, text: string])[] {
  const { quotaBytes, quotaMessages, appPasswords, passkeys, overrides, script } = facts
  return [
    ['account', `${facts.name} (${facts.id})`],
    ['made', `${utcTime(facts.createdAt)} UTC`],
    ['state', facts.disabled ? 'disabled: no login, no delivery' : 'enabled'],
    ...(facts.administrator ? [['rights', 'administrator'] as const] : []),
    ['protocols', facts.protocols.join(' ') || 'all'],
    ['mail', `${facts.messages} messages, ${sizeText(facts.bytes)}, ${facts.mailboxes.length} mailboxes`],
    ['quota', `${limit(quotaBytes, sizeText)}; messages: ${limit(quotaMessages, String)}`],
    ['password', facts.knownPassword ? `${facts.password}, one that everybody knows` : facts.password],
    ['second factor', facts.authenticatorApp ? 'authenticator app' : passkeys.length > 0 ? 'passkeys' : 'no'],
    ...passkeys.map(({ label, createdAt }) => ['passkey', `${label}, made ${utcTime(createdAt)} UTC`] as const),
    ...appPasswords.map(({ label, protocols, networks, expiresAt, used }) => {
      const last = used ? `last used ${utcTime(used.at)} UTC, ${used.protocol} from ${used.address}` : 'never used'
      const until = expiresAt === undefined ? '' : `, until ${utcTime(expiresAt)} UTC`
      return ['app password', `${label}: ${[...protocols, ...networks].join(' ') || 'all'}${until}, ${last}`] as const
    }),
    ...(script === undefined ? [] : [['Sieve script', script] as const]),
    ...Object.entries(overrides).map(([key, value]) => ['override', `${key}=${value}`] as const),
  ]
}

export async function showAccount(store: Store, account: Account, json: boolean): Promise<void> {
  const facts = await factsOf(store, account)
  if (json) return console.log(JSON.stringify(facts, null, 2))
  for (const [title, text] of linesOf(facts)) console.log(`${title.padEnd(14)} ${text}`)
}
