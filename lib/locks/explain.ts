import type { Access, Holder, LockMode, LockProtocol } from './locks'
import { conflicts } from './record'
import type { LockSettings } from './settings'

/** What would become of somebody who wants in now. */
export interface Entry {
  readonly protocol: LockProtocol
  /** undefined: it goes in at once */
  readonly obstacle: Holder | undefined
  /** milliseconds it waits before it is refused */
  readonly wait: number
}

/** Who is in an account's mail, who would get in, and by which setting. */
export interface LockExplanation {
  readonly account: string
  readonly mode: LockMode
  readonly takeover: 'never' | number
  /** of `mode`, `wait` and `takeover`, those that are the account's own */
  readonly overridden: readonly string[]
  readonly holders: readonly Holder[]
  readonly waiters: number
  readonly entries: readonly Entry[]
}

const ACCESS: Readonly<Record<Exclude<LockProtocol, 'api'>, Access>> = {
  pop3: 'exclusive',
  imap: 'shared',
  webmail: 'shared',
  admin: 'shared',
}

interface Asked {
  readonly account: string
  readonly settings: Pick<LockSettings, 'mode' | 'takeover' | 'wait'>
  /** the account's own */
  readonly own: { readonly mode?: LockMode; readonly takeover?: 'never' | number; readonly wait?: number }
  readonly holders: readonly Holder[]
  readonly waiters: number
}

export function explainLock({ account, settings, own, holders, waiters }: Asked): LockExplanation {
  const { mode = settings.mode, takeover = settings.takeover } = own
  const entries = Object.entries(ACCESS).map(([protocol, access]): Entry => {
    const name = protocol as keyof typeof ACCESS
    return {
      protocol: name,
      obstacle: holders.find((holder) => conflicts({ access, mode }, holder)),
      wait: own.wait ?? settings.wait[name],
    }
  })
  const overridden = (['mode', 'wait', 'takeover'] as const).filter((key) => own[key] !== undefined)
  return { account, mode, takeover, overridden, holders, waiters, entries }
}
