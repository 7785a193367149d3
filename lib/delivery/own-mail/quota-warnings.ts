import type { MailboxSettings } from '../../mailbox/settings'
import { quotaOf } from '../../mailbox/verbs/limits'
import type { Account } from '../../store/account'
import type { Store } from '../../store/store'
import type { AccountId } from '../../terms/names'
import { addressOf, type OwnMail, postmasterOf } from './own-mail'

export interface QuotaWarning {
  /** per cent of the limit that were crossed */
  readonly threshold: number
  readonly used: { readonly bytes: number; readonly messages: number }
  /** 0: none */
  readonly limit: { readonly bytes: number; readonly messages: number }
}

const REMEMBERED = 10_000

/**
 * Tells when a delivery carried an account over a threshold of its quota, once each time that it rises over it. What the
 * account used before is remembered in this process, and else reckoned from the message that came in.
 */
export function createQuotaWarnings(store: Pick<Store, 'accounts'>, settings: MailboxSettings) {
  const before = new Map<AccountId, number>()

  return async function after(account: Account, size: number): Promise<QuotaWarning | undefined> {
    const limit = quotaOf(account, settings)
    if (settings.quotaWarnings.length === 0 || (limit.bytes === 0 && limit.messages === 0)) return undefined
    const used = await store.accounts.usage(account.id)
    const share = (bytes: number, messages: number): number =>
      100 * Math.max(limit.bytes > 0 ? bytes / limit.bytes : 0, limit.messages > 0 ? messages / limit.messages : 0)
    const now = share(used.bytes, used.messages)
    const was = before.get(account.id) ?? share(used.bytes - size, used.messages - 1)
    before.delete(account.id)
    before.set(account.id, now)
    const [oldest] = before.keys()
    if (before.size > REMEMBERED && oldest !== undefined) before.delete(oldest)
    const crossed = settings.quotaWarnings.filter((threshold) => was < threshold && threshold <= now)
    return crossed.length === 0 ? undefined : { threshold: Math.max(...crossed), used, limit }
  }
}

const mega = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MB`

/** The warning as a message, which goes into the owner's INBOX. */
export function warningMail(name: string, { threshold, used, limit }: QuotaWarning, now: number): OwnMail {
  const lines = [
    ...(limit.bytes > 0 ? [`Space: ${mega(used.bytes)} of ${mega(limit.bytes)}`] : []),
    ...(limit.messages > 0 ? [`Messages: ${used.messages} of ${limit.messages}`] : []),
  ]
  return {
    from: postmasterOf(name),
    to: [addressOf(name)],
    subject: `Your mailbox is ${threshold} % full`,
    body: {
      text: [
        ...lines,
        '',
        'When it is full, new mail is refused. Delete what you do not need, and empty the Trash.',
        '',
      ].join('\n'),
    },
    automatic: 'auto-generated',
    now,
  }
}
