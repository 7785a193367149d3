import type { Log } from '../../terms/ports'
import type { AttemptLog } from '../lockout/attempts'
import type { LoginSettings } from '../settings'
import { openEmbeddedAttempts } from './embedded'
import { openRedisAttempts } from './redis'

export interface AttemptsPlace {
  /** a folder of the log's own, absolute; it need not exist */
  readonly folder: string
  readonly settings: LoginSettings
  readonly log: Log
}

const limitsOf = ({ policy, maxBuckets, maxTrail, keepTrail }: LoginSettings) => ({
  policy,
  maxBuckets,
  maxTrail,
  keepTrail,
})

/** The one list of attempt logs, by what `attempt_log` in config/mailbox_login.ini says. */
export const ATTEMPT_LOGS: Readonly<Record<LoginSettings['attemptLog'], (place: AttemptsPlace) => AttemptLog>> = {
  embedded: ({ folder, settings }) => openEmbeddedAttempts({ path: folder, ...limitsOf(settings) }),
  redis: ({ settings, log }) =>
    openRedisAttempts({
      redis: settings.redis,
      prefix: `{${settings.redisPrefix}}:`,
      log,
      ...limitsOf(settings),
    }),
}
