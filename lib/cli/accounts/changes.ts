import { LOGIN_PROTOCOLS } from '../../login/login'
import type { Account, AccountChange } from '../../store/account'
import { ok } from '../../terms/fault'

/** `accounts set`: words of the command line to a change of an account. */
export interface AccountChanges {
  readonly disable?: boolean
  readonly enable?: boolean
  /** --administrator, --no-administrator */
  readonly administrator?: boolean
  readonly protocols?: string
  readonly quotaBytes?: string
  readonly quotaMessages?: string
  readonly override: readonly string[]
}

export const gather = (text: string, before: readonly string[]): readonly string[] => [...before, text]
const OVERRIDES = ['lock.mode', 'lock.wait', 'lock.takeover', 'login.app_passwords', 'forward']
const PROTOCOLS: readonly string[] = LOGIN_PROTOCOLS

function overrideOf(word: string): readonly [key: string, value: string] {
  const [, key = '', value = ''] = /^([\w.]+)=(.*)$/s.exec(word) ?? []
  if (OVERRIDES.includes(key)) return [key, value]
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

function limitOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`${text} is no number`)
}

/** Throws when a word cannot be read: before anything is changed. */
export function changeOf(options: AccountChanges): AccountChange {
  const { quotaBytes, quotaMessages, protocols } = options
  const overrides = options.override.map(overrideOf)
  const patch = {
    ...((options.disable || options.enable) && { disabled: options.disable === true }),
    ...(options.administrator !== undefined && { admin: options.administrator }),
    ...(protocols !== undefined && { protocols: protocolsOf(protocols) }),
    ...(quotaBytes !== undefined && { quotaBytes: limitOf(quotaBytes) }),
    ...(quotaMessages !== undefined && { quotaMessages: limitOf(quotaMessages) }),
  }
  return (before) => ok({ ...patch, overrides: overriding(before.overrides, overrides) })
}
