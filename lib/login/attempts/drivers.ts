import type { Log } from '../../terms/ports'
import type { AttemptLog } from '../lockout/attempts'
import type { LoginSettings } from '../settings'
import { openEmbeddedAttempts } from './embedded'
import { openPostgresAttempts } from './postgres'
import { openRedisAttempts } from './redis'

interface AttemptsPlace {
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

type OpenAttempts = (place: AttemptsPlace) => Promise<AttemptLog>

/** The one list of attempt logs, by what `attempt_log` in config/mailbox_login.ini says. */
export const ATTEMPT_LOGS: Readonly<Record<LoginSettings['attemptLog'], OpenAttempts>> = {
  embedded: ({ folder, settings, log }) => openEmbeddedAttempts({ path: folder, log, ...limitsOf(settings) }),
  postgres: async ({ settings, log }) => openPostgresAttempts({ url: settings.postgres, log, ...limitsOf(settings) }),
  redis: async ({ settings, log }) =>
    openRedisAttempts({
      redis: settings.redis,
      prefix: `{${settings.redisPrefix}}:`,
      log,
      ...limitsOf(settings),
    }),
}
