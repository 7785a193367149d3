import { textOf } from '../terms/errors'
import type { Clock, Log, Metrics, Random } from '../terms/ports'
import { accountName } from './account-name'
import { createAdmission } from './admission/admission'
import { createConnections } from './admission/connections'
import type { Credential } from './admission/credential'
import { createFrontEnds, type FrontEnds } from './admission/front-ends'
import type { PolicyServer } from './admission/policy-server'
import { createReport, type Tell } from './admission/report'
import { createStrangers, type Strangers } from './admission/strangers'
import type { Chain } from './chain'
import type { Directory, DirectoryEntry } from './directory'
import type { AttemptLog } from './lockout/attempts'
import type { Login, LoginAnswer, LoginPeer, SecondFactor } from './login'
import { hashPassword } from './passwords'
import type { Shown } from './passwords/app-passwords'
import type { KnownPasswords } from './passwords/known'
import { createVerifier } from './passwords/verifier'
import { needsRehash, type verifyPassword } from './passwords/verify'
import { createSasl } from './sasl'
import { offered } from './sasl/offer'
import type { VerifyToken } from './sasl/ports'
import type { LoginSettings } from './settings'
import { createWeakness } from './weakness'

export interface LoginPorts {
  readonly directory: Directory
  readonly attempts: AttemptLog
  readonly chain: Chain
  readonly settings: LoginSettings
  /** 32 octets, the same in all processes: keys digests of passwords, never leaves the host */
  readonly secret: Buffer
  readonly clock: Clock
  readonly log: Log
  readonly metrics: Metrics
  readonly random?: Random
  /** told of every new bar */
  readonly tell?: Tell
  /** passwords that everybody knows */
  readonly known?: KnownPasswords | undefined
  /** An account's own password opened, and is one of those, or is none of them. */
  weak?(account: string, isKnown: boolean): Promise<void>
  /** An app password opened. */
  used?(account: string, appPassword: string, use: Shown): Promise<void>
  /** OAUTHBEARER and XOAUTH2 are offered when it is there */
  readonly verifyToken?: VerifyToken | undefined
  /** asked before, told after */
  readonly policyServer?: PolicyServer | undefined
  /** absent: passwords are verified by their scheme, in threads */
  readonly verify?: typeof verifyPassword
}

/** The one door. `admit` is for exchanges of other plugins that checked a credential themselves. */
export type Door = Login & {
  admit(peer: LoginPeer, credential: Credential): Promise<LoginAnswer>
  readonly strangers: Strangers
  readonly frontEnds: FrontEnds
}

export function createLogin(ports: LoginPorts): Door {
  const { directory, attempts, settings, secret, clock, log, metrics } = ports
  const verifier = createVerifier({ secret, clock, ...settings, ...(ports.verify && { verify: ports.verify }) })
  const connections = createConnections()
  const report = createReport({ attempts, log, metrics, tell: ports.tell })
  const underWay = new Set<Promise<unknown>>()

  function background(work: Promise<unknown>, failure: string): void {
    const done = work.catch(() => log.warn(`login: ${failure}`)).finally(() => underWay.delete(done))
    underWay.add(done)
  }

  /** RFC 5803 keys and the default hash can only be made while the password is known. Not awaited: the user is in. */
  function rehash(entry: DirectoryEntry, { password }: Credential): void {
    if (password === '' || !entry.password || !needsRehash(entry.password)) return
    if (!directory.rehash || directory.rehashes?.(entry) === false) return
    const hashed = verifier
      .limited(() => hashPassword(password))
      .then((verifiers) => directory.rehash?.(entry, verifiers))
    background(hashed, 'a password could not be hashed anew')
  }

  const weakness = createWeakness(ports)

  function granted(entry: DirectoryEntry, credential: Credential, peer: LoginPeer, appPassword?: string): void {
    rehash(entry, credential)
    if (appPassword === undefined) background(weakness(entry, credential), 'a password could not be looked up')
    if (appPassword === undefined || !ports.used) return
    background(
      ports.used(entry.id, appPassword, { at: clock.now(), address: peer.address, protocol: peer.protocol }),
      'the use of an app password could not be noted',
    )
  }

  const { admit, admitsToken } = createAdmission({ ...ports, connections, report, granted })

  const byPassword = (
    peer: LoginPeer,
    user: string,
    password: string,
    mechanism: string,
    second?: SecondFactor,
  ): Promise<LoginAnswer> =>
    admit(peer, {
      user,
      mechanism,
      password,
      second,
      distinct: password,
      check: async (entry, how) => {
        const pretend = async (): Promise<void> => {
          if (how.user !== '') await directory.pretend?.(how.user, entry)
        }
        const verified = await verifier.check(entry, peer, password, { ...how, pretend })
        const { right, own, remembered, appPassword } = verified
        return { right, own, appPassword, pay: remembered ? () => verifier.pay(entry, { ...how, pretend }) : undefined }
      },
    })

  const allowsCleartext = (peer: LoginPeer): boolean => peer.tls || settings.cleartextFrom(peer.address)
  const mechanisms = (peer: LoginPeer): readonly string[] =>
    offered(settings.mechanisms, peer, {
      keys: directory.keyless !== true,
      cleartext: allowsCleartext(peer),
      tokens: ports.verifyToken !== undefined,
    })
  const sasl = createSasl({
    secret,
    random: ports.random,
    nameOf: (user) => accountName(user, settings.defaultDomain),
    lookup: directory.lookupKeys ?? directory.lookup,
    limited: verifier.limited,
    verifyToken: ports.verifyToken && logged(ports.verifyToken, log),
    tokenSource: settings.oauth ?? { configuration: '', scope: '', resource: '' },
    admit,
    byPassword,
    offers: (peer, name) => mechanisms(peer).includes(name),
  })

  return {
    admit,
    strangers: createStrangers({ ...ports, report }),
    frontEnds: createFrontEnds({ ...ports, report }),
    attempt: (peer, user, password, second) => byPassword(peer, user, password, 'PASSWORD', second),
    claim: (peer, { check, ...claim }) =>
      admit(peer, {
        ...claim,
        password: '',
        check: async (entry) => ({ right: (await check(entry?.id)) && entry !== undefined }),
      }),
    admitsToken,
    mechanisms,
    sasl: (peer, mechanism) => {
      const name = mechanism.toUpperCase()
      return mechanisms(peer).includes(name) ? sasl(peer, name) : undefined
    },
    allowsCleartext,
    clientCa: settings.clientCa || undefined,
    knowsPassword: async (password) => {
      try {
        return (await ports.known?.has(password)) ?? false
      } catch (error) {
        log.error(`login: known_passwords cannot be read: ${textOf(error)}`)
        return false
      }
    },
    trustsProxy: (address) => settings.trustedProxies(address),
    proxyHeader: (address) => (settings.trustedProxies(address) ? settings.proxyHeader : 'never'),
    close: async () => {
      await Promise.allSettled(underWay)
      await ports.policyServer?.close()
      await attempts.close()
    },
  }
}

/** A token that nobody can check now is an operator's matter. */
const logged =
  (verifyToken: VerifyToken, log: Log): VerifyToken =>
  async (token) => {
    try {
      return await verifyToken(token)
    } catch (error) {
      log.error(`login: tokens cannot be checked: ${textOf(error)}`)
      throw error
    }
  }
