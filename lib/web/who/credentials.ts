import { MOST_APP_PASSWORDS, newAppPassword } from '../../login/passwords/app-passwords'
import type { Account, AccountChange, AppPassword, Credentials } from '../../mailbox/vocabulary'
import { failed, ok } from '../../terms/fault'
import { Refused } from '../kernel/faults'
import type { Credential } from './sessions'

/** Changes of credentials, made of the account as it is when they are written. */

/** Whether what a password (and an app password) once opened is open still. */
export function opens({ epochs, appPassword }: Credential, { disabled, protocols, credentials }: Account): boolean {
  if (disabled || (protocols.length > 0 && !protocols.includes('http'))) return false
  const { epoch = '', appPasswords = [] } = credentials
  return epochs.includes(epoch) && (appPassword === undefined || appPasswords.some(({ id }) => id === appPassword))
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

/** Throws 422. */
export const newPassword = (password: string): string => {
  if (password.length >= SHORTEST_PASSWORD) return password
  throw new Refused(422, 'weak-password', `A password has at least ${SHORTEST_PASSWORD} characters.`)
}

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

export function withoutTotp(credentials: Credentials): Credentials {
  const { totp: _secret, recoveryCodes: _codes, ...rest } = credentials
  return rest
}

/** Of two who set up a second factor at once, one has it. */
export const addingTotp =
  (totp: string, recoveryCodes: readonly string[]): AccountChange =>
  ({ credentials }) =>
    credentials.totp === undefined
      ? ok({ credentials: { ...credentials, totp, recoveryCodes } })
      : failed({ kind: 'not-permitted', why: 'there is a second factor already' })

/** @param confirmed the secret of which a code was given */
export const replacingTotp =
  (confirmed: string, change: (credentials: Credentials) => Credentials): AccountChange =>
  ({ credentials }) =>
    credentials.totp === confirmed
      ? ok({ credentials: change(credentials) })
      : failed({ kind: 'not-permitted', why: 'the second factor was changed meanwhile' })
