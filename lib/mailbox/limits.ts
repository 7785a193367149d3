import type { PreparedMessage } from '../mime/prepared'
import type { Account } from '../store/account'
import type { AppendOptions, NewMessage } from '../store/store'
import { failed, ok, type Result } from '../terms/fault'
import type { Clock } from '../terms/ports'
import type { Incoming } from './mailbox'
import type { MailboxSettings } from './settings'

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

/** The store checks it in the transaction, so that two deliveries at once cannot both take the last octets. */
export function quotaCheck({ bytes, messages }: QuotaLimits): AppendOptions {
  const unlimited = Number.MAX_SAFE_INTEGER
  if (bytes === 0 && messages === 0) return {}
  return { quota: { bytes: bytes === 0 ? unlimited : bytes, messages: messages === 0 ? unlimited : messages } }
}

/** Prepares messages for the store, outside of any transaction. Faults: too-big. */
export function asNewMessages(
  messages: readonly Incoming[],
  limit: number,
  prepare: (bytes: Buffer) => PreparedMessage,
  clock: Clock,
): Result<readonly NewMessage[]> {
  if (limit > 0 && messages.some((one) => one.bytes.length > limit)) return failed({ kind: 'too-big', limit })
  return ok(
    messages.map(({ bytes, flags, internalDate }) => ({
      bytes,
      prepared: prepare(bytes),
      flags,
      internalDate: internalDate ?? clock.now(),
    })),
  )
}
