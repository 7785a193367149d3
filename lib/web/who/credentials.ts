import { MOST_APP_PASSWORDS, newAppPassword } from '../../login/passwords/app-passwords'
import type { Account, AccountChange, AppPassword, Credentials, Passkey } from '../../mailbox/vocabulary'
import { failed, ok } from '../../terms/fault'
import { Refused } from '../kernel/faults'
import type { WebPorts } from '../ports'
import type { Credential } from './sessions'

/** Changes of credentials, made of the account as it is when they are written. */

/** Whether what a password, an app password or a passkey once opened is open still. */
export function opens(
  { epochs, appPassword, passkey }: Credential,
  { disabled, protocols, credentials }: Account,
): boolean {
  if (disabled || (protocols.length > 0 && !protocols.includes('http'))) return false
  const { epoch = '', appPasswords = [], passkeys = [] } = credentials
  return (
    epochs.includes(epoch) &&
    (appPassword === undefined || appPasswords.some(({ id }) => id === appPassword)) &&
    (passkey === undefined || passkeys.some(({ id }) => id === passkey))
  )
}

/** A request that began before the password was changed, or its session ended, changes nothing after it. */
export const whileOpen =
  (credential: Credential, change: AccountChange): AccountChange =>
  (account) =>
    opens(credential, account) ? change(account) : failed({ kind: 'not-permitted', why: 'this session has ended' })

/** One password follows the one that was confirmed: of two changes at once the second must confirm anew. */
export const followingEpoch =
  (confirmed: string | undefined, change: AccountChange): AccountChange =>
  (account) =>
    account.credentials.epoch === confirmed
      ? change(account)
      : failed({ kind: 'not-permitted', why: 'the password was changed meanwhile' })

/** characters */
export const SHORTEST_PASSWORD = 8

export const KNOWN_PASSWORD = 'this password is in a list of stolen and common passwords: choose another one'

/** Throws 422. */
export async function newPassword({ login }: Pick<WebPorts, 'login'>, password: string): Promise<string> {
  if (password.length < SHORTEST_PASSWORD)
    throw new Refused(422, 'weak-password', `A password has at least ${SHORTEST_PASSWORD} characters.`)
  if (await login.knowsPassword(password)) throw new Refused(422, 'known-password', `Not changed: ${KNOWN_PASSWORD}.`)
  return password
}

/** The password is one that everybody knows; its user is told. */
export const hasKnownPassword = ({ epoch = '', knownPassword }: Credentials): boolean => knownPassword === epoch

/** @returns the password, to be shown once, and what of it is kept */
export function makeAppPassword(
  given: Pick<AppPassword, 'label' | 'protocols' | 'networks' | 'expiresAt'>,
  now: number,
) {
  const { password, verifier, tag } = newAppPassword()
  const entry: AppPassword = { id: crypto.randomUUID(), ...given, password: verifier, tag, createdAt: now }
  return { password, entry }
}

export const addingAppPassword =
  (entry: AppPassword): AccountChange =>
  ({ credentials }) => {
    const { appPasswords = [] } = credentials
    if (appPasswords.length < MOST_APP_PASSWORDS) {
      return ok({ credentials: { ...credentials, appPasswords: [...appPasswords, entry] } })
    }
    return failed({ kind: 'limit', why: `an account has at most ${MOST_APP_PASSWORDS} app passwords` })
  }

export const removingAppPassword =
  (gone: string): AccountChange =>
  ({ credentials }) => {
    const { appPasswords = [] } = credentials
    return ok({ credentials: { ...credentials, appPasswords: appPasswords.filter(({ id }) => id !== gone) } })
  }

/** Whether something is asked for beside the password. */
export const hasSecondFactor = ({ totp, passkeys = [] }: Credentials): boolean =>
  totp !== undefined || passkeys.length > 0

/** All kinds of it. */
export function withoutSecondFactor(credentials: Credentials): Credentials {
  const { totp: _secret, passkeys: _keys, recoveryCodes: _codes, ...rest } = credentials
  return rest
}

/** Recovery codes stand in for the other kinds, and for nothing once those are gone. */
const orNone = (credentials: Credentials): Credentials =>
  hasSecondFactor(credentials) ? credentials : withoutSecondFactor(credentials)

/** @param confirmed its secret, as it was when its user gave a code */
export const removingTotp =
  (confirmed: string): AccountChange =>
  ({ credentials }) => {
    const { totp, ...rest } = credentials
    return totp === confirmed
      ? ok({ credentials: orNone(rest) })
      : failed({ kind: 'not-permitted', why: 'the authenticator app was changed meanwhile' })
  }

/** @param codes hashes */
export const replacingRecoveryCodes =
  (codes: readonly string[]): AccountChange =>
  ({ credentials }) =>
    hasSecondFactor(credentials)
      ? ok({ credentials: { ...credentials, recoveryCodes: codes } })
      : failed({ kind: 'not-permitted', why: 'the second factor was removed meanwhile' })

/**
 * Of two who set up an authenticator app at once, one has it.
 * @param codes hashes; those that another second factor came with stay
 */
export const addingTotp =
  (totp: string, codes: readonly string[]): AccountChange =>
  ({ credentials }) =>
    credentials.totp === undefined
      ? ok({ credentials: { ...credentials, totp, recoveryCodes: credentials.recoveryCodes ?? codes } })
      : failed({ kind: 'not-permitted', why: 'there is an authenticator app already' })

/** of an account */
const MOST_PASSKEYS = 20

/** @param codes as above */
export const addingPasskey =
  (passkey: Passkey, codes: readonly string[]): AccountChange =>
  ({ credentials }) => {
    const { passkeys = [], recoveryCodes = codes } = credentials
    if (passkeys.some(({ credential }) => credential === passkey.credential))
      return failed({ kind: 'not-permitted', why: 'this passkey is there already' })
    return passkeys.length < MOST_PASSKEYS
      ? ok({ credentials: { ...credentials, recoveryCodes, passkeys: [...passkeys, passkey] } })
      : failed({ kind: 'limit', why: `an account has at most ${MOST_PASSKEYS} passkeys` })
  }

export const removingPasskey =
  (gone: string): AccountChange =>
  ({ credentials }) => {
    const { passkeys = [] } = credentials
    return ok({ credentials: orNone({ ...credentials, passkeys: passkeys.filter(({ id }) => id !== gone) }) })
  }
