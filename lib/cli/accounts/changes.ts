import { LOGIN_PROTOCOLS } from '../../login/login'
import { areGroups } from '../../mailbox/shared/identifiers'
import { ownLock } from '../../mailbox/verbs/lock-request'
import type { Account, AccountChange } from '../../store/account'
import { ok } from '../../terms/fault'
import { sizeOf } from '../../terms/sizes'
import { withoutSecondFactor } from '../../web/who/credentials'

/** `accounts set`: words of the command line to a change of an account. */
export interface AccountChanges {
  readonly disable?: boolean
  readonly enable?: boolean
  /** --administrator, --no-administrator */
  readonly administrator?: boolean
  readonly protocols?: string
  readonly quotaBytes?: string
  readonly quotaMessages?: string
  readonly removeSecondFactor?: boolean
  readonly override: readonly string[]
}

const CHANGES = new Set([
  ...['disable', 'enable', 'administrator', 'protocols', 'quotaBytes', 'quotaMessages'],
  ...['removeSecondFactor', 'override'],
])

export const gather = (text: string, before: readonly string[]): readonly string[] => [...before, text]
const OVERRIDES = ['lock.mode', 'lock.wait', 'lock.takeover', 'login.app_passwords', 'forward', 'groups', 'shared']
const PROTOCOLS: readonly string[] = LOGIN_PROTOCOLS

/** Throws when an override would not be understood later. */
function mustFit(key: string, value: string): void {
  if (key.startsWith('lock.')) ownLock({ overrides: { [key]: value } })
  if (key === 'login.app_passwords' && !['only', 'any'].includes(value))
    throw new Error(`${key}=${value}: expected only or any`)
  if (key === 'shared' && value !== 'yes') throw new Error(`${key}=${value}: expected yes`)
  if (key === 'groups' && !areGroups(value))
    throw new Error(`${key}=${value}: expected names such as team, sales, of letters, digits, and . _ -`)
}

function overrideOf(word: string): readonly [key: string, value: string] {
  const [, key = '', value = ''] = /^([\w.]+)=(.*)$/s.exec(word) ?? []
  if (OVERRIDES.includes(key)) {
    if (value !== '') mustFit(key, value)
    return [key, value]
  }
  throw new Error(`${word}: expected one of ${OVERRIDES.join(', ')} with =value`)
}

/** An empty value takes an override out. */
const overriding = (before: Account['overrides'], given: ReturnType<typeof overrideOf>[]): Account['overrides'] =>
  Object.fromEntries(Object.entries({ ...before, ...Object.fromEntries(given) }).filter(([, value]) => value !== ''))

function protocolsOf(words: string): readonly string[] {
  const list = words.split(/[\s,]+/).filter((word) => word !== '' && word !== 'all')
  for (const word of list) if (!PROTOCOLS.includes(word)) throw new Error(`${word} is none of ${PROTOCOLS.join(', ')}`)
  return list
}

/** Throws what to say. @param read of the number; undefined: it is none */
function limitOf(text: string, expected: string, read: (text: string) => number | undefined): number {
  const limit = read(text)
  if (limit !== undefined) return limit
  throw new Error(`${text}: expected ${expected}`)
}
const countOf = (text: string): number | undefined => (/^\d{1,15}$/.test(text) ? Number(text) : undefined)

/** Throws when a word cannot be read: before anything is changed. */
export function changeOf(options: AccountChanges): AccountChange {
  if (Object.keys(options).every((key) => !CHANGES.has(key) || (key === 'override' && options.override.length === 0)))
    throw new Error('say what to change: haraka-mailbox accounts set --help')
  const { quotaBytes, quotaMessages, protocols } = options
  const overrides = options.override.map(overrideOf)
  const patch = {
    ...((options.disable || options.enable) && { disabled: options.disable === true }),
    ...(options.administrator !== undefined && { admin: options.administrator }),
    ...(protocols !== undefined && { protocols: protocolsOf(protocols) }),
    ...(quotaBytes !== undefined && {
      quotaBytes: limitOf(quotaBytes, 'a number, or a size such as 500M or 1G', sizeOf),
    }),
    ...(quotaMessages !== undefined && { quotaMessages: limitOf(quotaMessages, 'a number', countOf) }),
  }
  return (before) =>
    ok({
      ...patch,
      ...(options.removeSecondFactor && { credentials: withoutSecondFactor(before.credentials) }),
      overrides: overriding(before.overrides, overrides),
    })
}
