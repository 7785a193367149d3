import type { Account, AccountPatch } from '../store/account'

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
const OVERRIDES = ['lock.mode', 'lock.wait', 'lock.takeover', 'forward']
const PROTOCOLS = ['pop3', 'imap', 'smtp', 'http', 'sieve']

function overridesOf(account: Account, words: readonly string[]): Account['overrides'] {
  const overrides = { ...account.overrides }
  for (const word of words) {
    const [, key = '', value = ''] = /^([\w.]+)=(.*)$/s.exec(word) ?? []
    if (!OVERRIDES.includes(key)) throw new Error(`${word}: expected one of ${OVERRIDES.join(', ')} with =value`)
    if (value === '') delete overrides[key]
    else overrides[key] = value
  }
  return overrides
}

function protocolsOf(words: string): readonly string[] {
  const list = words.split(/[\s,]+/).filter((word) => word !== '' && word !== 'all')
  for (const word of list) if (!PROTOCOLS.includes(word)) throw new Error(`${word} is none of ${PROTOCOLS.join(', ')}`)
  return list
}

function limitOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  throw new Error(`${text} is no number`)
}

export function patchOf(account: Account, options: AccountChanges): AccountPatch {
  const { quotaBytes, quotaMessages, protocols } = options
  return {
    overrides: overridesOf(account, options.override),
    ...((options.disable || options.enable) && { disabled: options.disable === true }),
    ...(options.administrator !== undefined && { admin: options.administrator }),
    ...(protocols !== undefined && { protocols: protocolsOf(protocols) }),
    ...(quotaBytes !== undefined && { quotaBytes: limitOf(quotaBytes) }),
    ...(quotaMessages !== undefined && { quotaMessages: limitOf(quotaMessages) }),
  }
}
