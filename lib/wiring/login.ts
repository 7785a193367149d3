import path from 'node:path'
import { createPolicyServer } from '../login/admission/policy-server'
import { ATTEMPT_LOGS } from '../login/attempts/drivers'
import type { Chain } from '../login/chain'
import { createLogin, type Door } from '../login/create-login'
import { openDirectories } from '../login/directories'
import { storeDirectory } from '../login/directories/store'
import type { Directory } from '../login/directory'
import type { AttemptLog } from '../login/lockout/attempts'
import { createNotices, type Notice } from '../login/notices'
import { type KnownPasswords, knownPasswords } from '../login/passwords/known'
import { jwtVerifier } from '../login/sasl/jwt'
import { loginSecret } from '../login/secret'
import { type LoginSettings, loginSettings } from '../login/settings'
import type { Store } from '../store/store'
import { type Metrics, systemClock } from '../terms/ports'
import { dataFolder, type Home } from './home'
import { createUses } from './uses'
import { createWeakMarks } from './weak-marks'

export interface LoginParts {
  readonly settings: LoginSettings
  readonly directory: Directory
  readonly attempts: AttemptLog
  readonly secret: Buffer
}

export const readLoginSettings = (home: Home): LoginSettings =>
  loginSettings(home.ini('mailbox_login'), home.ini('redis'), home.ini('mailbox_store'))

/** The audit trail, and what lockouts are made of. */
export function openAttempts(home: Home): Promise<AttemptLog> {
  const settings = readLoginSettings(home)
  const folder = path.join(dataFolder(home), 'login', 'attempts')
  return ATTEMPT_LOGS[settings.attemptLog]({ folder, settings, log: home.log })
}

/** What logins are decided by; the CLI explains lockouts with the same. */
export async function openLoginParts(home: Home, store: Store): Promise<LoginParts> {
  const settings = readLoginSettings(home)
  const folder = path.join(dataFolder(home), 'login')
  return {
    settings,
    secret: loginSecret(folder),
    directory: openDirectories({
      settings,
      accounts: storeDirectory(store.accounts),
      home: home.folder,
      flatFile: () => home.ini('auth_flat_file'),
      vpopmaild: () => home.ini('auth_vpopmaild'),
    }),
    attempts: await openAttempts(home),
  }
}

/** Passwords that everybody knows, where the settings name a file of them. */
export function openKnownPasswords(home: Home, { knownPasswords: file }: LoginSettings): KnownPasswords | undefined {
  return file === '' ? undefined : knownPasswords(path.resolve(home.folder, file))
}

/** How mails about lockouts leave. */
export interface Notifier {
  /** who sends them where the settings name nobody */
  readonly from: string
  /** Never rejects. */
  send(notice: Notice): Promise<void>
}

export function openLogin(
  home: Home,
  store: Store,
  { settings, directory, attempts, secret }: LoginParts,
  metrics: Metrics,
  chain: Chain,
  notifier: Notifier,
): Door {
  return createLogin({
    directory,
    attempts,
    chain,
    settings,
    secret,
    clock: systemClock,
    log: home.log,
    metrics,
    known: openKnownPasswords(home, settings),
    weak: createWeakMarks(store),
    used: createUses(store),
    policyServer: settings.policyServer && createPolicyServer(settings.policyServer, home.log),
    verifyToken: settings.oauth && jwtVerifier(settings.oauth),
    tell: createNotices({
      settings: settings.notify,
      from: notifier.from,
      isAccount: async (user) => (await store.accounts.find(user)) !== undefined,
      send: notifier.send,
      now: () => systemClock.now(),
    }),
  })
}
