import path from 'node:path'
import { openDeliveryLog } from '../../../lib/delivery/log/log'
import { openEmbeddedLocks } from '../../../lib/locks/embedded'
import { lockSettings } from '../../../lib/locks/settings'
import { openEmbeddedAttempts } from '../../../lib/login/attempts/embedded'
import { loginSettings } from '../../../lib/login/settings'
import { type Log, systemClock } from '../../../lib/terms/ports'
import { openEmbeddedSessions } from '../../../lib/web/who/sessions/embedded'

/** The files beside the mail that processes of a host share, as a server opens them. */
export async function openSmallFiles(folder: string, log: Log) {
  const { policy } = loginSettings({})
  const [locks, attempts, deliveries, sessions] = await Promise.all([
    openEmbeddedLocks({ path: path.join(folder, 'locks'), settings: lockSettings({}), log }),
    openEmbeddedAttempts({ path: path.join(folder, 'attempts'), policy, log }),
    openDeliveryLog({ path: path.join(folder, 'deliveries'), keep: 86_400_000, clock: systemClock, log }),
    openEmbeddedSessions({ path: path.join(folder, 'sessions'), log }),
  ])
  return {
    locks,
    attempts,
    deliveries,
    sessions,
    close: () => Promise.all([locks, attempts, deliveries, sessions].map((file) => file.close())),
  }
}

/** What a process tells of its own writes, in the order in which they were answered. */
export type SmallNote =
  | { readonly is: 'made' | 'removing' | 'removed'; readonly secret: string }
  | { readonly is: 'code'; readonly account: string; readonly step: number }

/** Mailboxes that are locked, whoever may have been in. */
export const ACCOUNTS = ['account0', 'account1', 'account2']
