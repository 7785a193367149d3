import path from 'node:path'
import { type DeliveryLog, openDeliveryLog } from './delivery/log'
import { globalScripts } from './delivery/rules/global-scripts'
import { createRules, type Rules } from './delivery/rules/rules'
import { deliverySettings } from './delivery/settings'
import type { Host } from './haraka/plugin'
import { openEmbeddedLocks } from './locks/embedded'
import type { Locks } from './locks/locks'
import { openMemoryLocks } from './locks/memory'
import { openRedisLocks } from './locks/redis'
import { type LockSettings, lockSettings } from './locks/settings'
import { openEmbeddedAttempts } from './login/attempts/embedded'
import { openRedisAttempts } from './login/attempts/redis'
import type { Chain } from './login/chain'
import { createLogin, type Door } from './login/create-login'
import { openDirectories } from './login/directories'
import { storeDirectory } from './login/directories/store'
import type { Directory } from './login/directory'
import type { AttemptLog } from './login/lockout/attempts'
import { createNotices, type Notice } from './login/notices'
import { jwtVerifier } from './login/sasl/jwt'
import { loginSecret } from './login/secret'
import { type LoginSettings, loginSettings } from './login/settings'
import { redisBus } from './mailbox/bus/redis-bus'
import { socketBus } from './mailbox/bus/socket-bus'
import { createMailRoom } from './mailbox/mail-room'
import type { Bus, MailRoom } from './mailbox/mailbox'
import { type MailboxSettings, mailboxSettings } from './mailbox/settings'
import { type Gathering, openGathering as gather } from './metrics/gather'
import { createMetrics, type Measured } from './metrics/registry'
import { prepare } from './mime/prepare'
import { version } from './package-root'
import { rulesSettings } from './sieve/settings'
import type { StoreDriver, StorePlace } from './store/driver'
import { storeDriver } from './store/drivers'
import { POSTGRES_FACTS } from './store/postgres'
import { postgresSettings } from './store/postgres/settings'
import type { RepairEnd } from './store/repair'
import { storeSettings } from './store/settings'
import type { Store } from './store/store'
import { type Log, type Metrics, noMetrics, systemClock } from './terms/ports'
import type { Ini } from './terms/settings'
import type { Sessions } from './web/who/sessions'
import { openEmbeddedSessions } from './web/who/sessions/embedded'
import { openPostgresSessions } from './web/who/sessions/postgres'
import { watchLoop } from './work/loop'

/** The one place that knows every driver: what the .ini files choose is opened here, for the plugins and for the CLI. */

export { setPassword } from './login/passwords'

/** A Haraka home: its folder and its .ini files by name (without `.ini`), defaults of the package included. */
export interface Place {
  readonly home: string
  ini(name: string): Ini
  readonly log: Log
}

export const placeOf = ({ plugin, log }: Host): Place => ({
  home: process.env.HARAKA ?? process.cwd(),
  ini: (name) => plugin.config.get(`${name}.ini`) as Ini, // Haraka gives sections of text
  log,
})

/** Where everything that must last lies. */
export const dataFolder = (place: Place): string =>
  path.resolve(place.home, storeSettings(place.ini('mailbox_store')).path)

export const openMetrics = (): Measured => createMetrics()

/** The metrics of all processes of this home; `own`: this process's, if it has some. */
export const openGathering = (place: Place, own?: Measured): Promise<Gathering> =>
  gather(path.join(dataFolder(place), 'metrics'), own?.registry)

/** milliseconds from which on the log, too, says who held the event loop */
const TELL_HELD = 250

/** Counts how long the event loop stood, and for whom. @returns stop */
export const openLoopWatch = ({ log }: Place, metrics: Metrics): (() => void) =>
  watchLoop({
    delayed: (milliseconds) => metrics.observe('mailbox_loop_delay_seconds', milliseconds / 1000, {}),
    held: (command, milliseconds) => {
      metrics.observe('mailbox_loop_held_seconds', milliseconds / 1000, { command })
      if (milliseconds >= TELL_HELD) log.warn(`the event loop stood for ${Math.round(milliseconds)} ms: ${command}`)
    },
  })

export const storePlace = (place: Place): StorePlace => ({
  folder: path.join(dataFolder(place), 'mail'),
  ini: place.ini('mailbox_store'),
  log: place.log,
})

/** @param name undefined: what the .ini says */
export function findStoreDriver(place: Place, name?: string): StoreDriver {
  return storeDriver(name ?? storeSettings(place.ini('mailbox_store')).driver, place.home)
}

export async function openStore(place: Place): Promise<Store> {
  const driver = findStoreDriver(place)
  driver.check(place.ini('mailbox_store'))
  return driver.open(storePlace(place))
}

/** The store as rows, for commands that have it alone: `migrate`, `check --repair`, `restored`. */
export const openTransfer = (place: Place, driver: string): Promise<RepairEnd> =>
  findStoreDriver(place, driver).openTransfer(storePlace(place))

export const readLockSettings = (place: Place): LockSettings =>
  lockSettings(place.ini('mailbox_locks'), place.ini('redis'))

export async function openLocks(place: Place, forked: boolean, metrics: Metrics = noMetrics): Promise<Locks> {
  const settings = readLockSettings(place)
  switch (settings.driver) {
    case 'embedded':
      return openEmbeddedLocks({ path: path.join(dataFolder(place), 'locks'), settings, log: place.log, metrics })
    case 'memory':
      return openMemoryLocks({ settings, forked, log: place.log, metrics })
    case 'redis':
      return openRedisLocks({ settings, log: place.log, metrics })
  }
}

/** Notices go where the locks are, unless the .ini says otherwise: who shares one shares the other. */
export function openBus(place: Place): Promise<Bus> {
  const { notices } = storeSettings(place.ini('mailbox_store'))
  const { driver, redis, redisPrefix } = readLockSettings(place)
  return notices === 'redis' || (notices === 'auto' && driver === 'redis')
    ? redisBus({ redis, prefix: redisPrefix, log: place.log })
    : socketBus({ directory: path.join(dataFolder(place), 'bus'), log: place.log })
}

/** What a session of POP3 or IMAP works with. */
export const sessionParts = (host: Host) => ({
  room: host.context.room,
  login: host.context.login,
  tellHolder: readLockSettings(placeOf(host)).tellHolder,
  version,
  clock: systemClock,
  log: host.log,
})

export const readMailboxSettings = (place: Place): MailboxSettings =>
  mailboxSettings(place.ini('mailbox_store'), readLockSettings(place).mode)

/** What became of each recipient, as the processes of this host deliver. */
export function openDeliveries(place: Place): DeliveryLog {
  const { keepLog } = deliverySettings(place.ini('mailbox_deliver'))
  const folder = path.join(dataFolder(place), 'deliveries')
  return openDeliveryLog({ path: folder, keep: keepLog, clock: systemClock, log: place.log })
}

/** Octets of the largest message that is stored; 0: none. */
export const messageLimit = (place: Place): number => readMailboxSettings(place).maxMessageSize

export function openRoom(place: Place, parts: { store: Store; locks: Locks; bus: Bus; metrics: Metrics }): MailRoom {
  const settings = readMailboxSettings(place)
  return createMailRoom({ ...parts, prepare, settings, clock: systemClock, log: place.log })
}

export interface LoginParts {
  readonly settings: LoginSettings
  readonly directory: Directory
  readonly attempts: AttemptLog
  readonly secret: Buffer
}

/** What logins are decided by; the CLI explains lockouts with the same. */
export function openLoginParts(place: Place, store: Store): LoginParts {
  const settings = loginSettings(place.ini('mailbox_login'), place.ini('redis'))
  const folder = path.join(dataFolder(place), 'login')
  const { policy, maxBuckets, maxTrail, keepTrail } = settings
  const limits = { policy, maxBuckets, maxTrail, keepTrail }
  return {
    settings,
    secret: loginSecret(folder),
    directory: openDirectories({
      settings,
      accounts: storeDirectory(store.accounts),
      home: place.home,
      flatFile: () => place.ini('auth_flat_file'),
      vpopmaild: () => place.ini('auth_vpopmaild'),
    }),
    attempts:
      settings.attemptLog === 'redis'
        ? openRedisAttempts({ redis: settings.redis, prefix: `{${settings.redisPrefix}}:`, log: place.log, ...limits })
        : openEmbeddedAttempts({ path: path.join(folder, 'attempts'), ...limits }),
  }
}

export function openLogin(
  place: Place,
  store: Store,
  metrics: Metrics,
  chain: Chain,
  send: SendNotice,
  parts = openLoginParts(place, store),
): Door {
  const { settings, directory, attempts, secret } = parts
  return createLogin({
    directory,
    attempts,
    chain,
    settings,
    secret,
    clock: systemClock,
    log: place.log,
    metrics,
    verifyToken: settings.oauth && jwtVerifier(settings.oauth),
    tell: createNotices({
      settings: settings.notify,
      from: `postmaster@${settings.defaultDomain || 'localhost'}`,
      isAccount: async (user) => (await store.accounts.find(user)) !== undefined,
      send,
      now: () => systemClock.now(),
    }),
  })
}

export type SendNotice = (notice: Notice) => Promise<void>

/** Web sessions and API tokens, shared by all processes that share the mail. */
export async function openSessions(place: Place): Promise<Sessions> {
  // They follow the mail: to the same database, or to the same host's files.
  return findStoreDriver(place).facts.name === POSTGRES_FACTS.name
    ? openPostgresSessions({ ...postgresSettings(place.ini('mailbox_store')), log: place.log })
    : openEmbeddedSessions({ path: path.join(dataFolder(place), 'http') })
}

/** What runs the owners' Sieve scripts. */
export function openRules(
  place: Place,
  store: Store,
  forward: (sender: string, recipients: readonly string[], octets: Buffer) => Promise<void>,
): Rules {
  const { globalScripts: folder, ...settings } = rulesSettings(place.ini('mailbox_sieve'))
  return createRules({
    ...{ store, clock: systemClock, log: place.log, forward, version, settings },
    globalScript: globalScripts(folder === '' ? '' : path.resolve(place.home, folder)),
  })
}
