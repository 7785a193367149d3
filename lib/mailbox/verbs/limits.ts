import type { Account } from '../../store/account'
import type { Keeping } from '../../store/bin'
import type { AppendOptions, NewMessage } from '../../store/store'
import { failed, ok, type Result } from '../../terms/fault'
import type { AccountId } from '../../terms/names'
import type { Incoming } from '../mailbox'
import type { Parts } from '../parts'
import type { MailboxSettings } from '../settings'

export interface QuotaLimits {
  /** 0: none */
  readonly bytes: number
  readonly messages: number
}

/** An account's own limit wins over the default of the settings; 0 is none in both. */
export const quotaOf = (
  account: Pick<Account, 'quotaBytes' | 'quotaMessages'>,
  settings: MailboxSettings,
): QuotaLimits => ({
  bytes: account.quotaBytes ?? settings.quotaBytes,
  messages: account.quotaMessages ?? settings.quotaMessages,
})

/** Where what is removed goes; undefined: nowhere. */
export const binOf = ({ undelete }: Pick<MailboxSettings, 'undelete'>): Keeping | undefined =>
  undelete.time > 0 && undelete.octets > 0 ? undelete : undefined

/** The store checks it in the transaction, so that two deliveries at once cannot both take the last octets. */
export function quotaCheck({ bytes, messages }: QuotaLimits): AppendOptions {
  const unlimited = Number.MAX_SAFE_INTEGER
  if (bytes === 0 && messages === 0) return {}
  return { quota: { bytes: bytes === 0 ? unlimited : bytes, messages: messages === 0 ? unlimited : messages } }
}

/** Prepares messages for the store, outside of any transaction. Faults: too-big, unavailable. */
export async function asNewMessages(
  { settings, prepare, clock }: Pick<Parts, 'settings' | 'prepare' | 'clock'>,
  account: AccountId,
  messages: readonly Incoming[],
): Promise<Result<readonly NewMessage[]>> {
  const limit = settings.maxMessageSize
  if (limit > 0 && messages.some(({ bytes }) => bytes.length > limit)) return failed({ kind: 'too-big', limit })
  const prepared: NewMessage[] = []
  for (const { bytes, flags, internalDate } of messages) {
    const facts = await prepare(bytes, account)
    if (!facts.ok) return facts
    prepared.push({ bytes, prepared: facts.value, flags, internalDate: internalDate ?? clock.now() })
  }
  return ok(prepared)
}
