import { networkList } from '../login/networks'
import { textOf } from '../terms/errors'
import { type Ini, readSettings } from '../terms/settings'
import { type ClientSettings, clientSettings } from './clients'
import { type PasskeySettings, passkeySettings } from './who/passkeys/sites'

export interface HttpSettings {
  /** milliseconds without a request of the user after which a session ends */
  readonly idle: number
  /** longest session, milliseconds */
  readonly absolute: number
  readonly maxSessions: number
  /** milliseconds without a request of the user after which the mailbox lock is given back */
  readonly lockIdle: number
  /** the same for programs with a token */
  readonly tokenLockIdle: number
  /** octets of a request that brings files: the biggest message that can be written, as files */
  readonly maxBody: number
  /** connections of one process: in all, and of one address */
  readonly connections: number
  readonly connectionsPerAddress: number
  /** unfinished requests with a body in one process: of an address, and in all */
  readonly bodiesOfAddress: number
  readonly bodies: number
  /** milliseconds in which a body must end, or bring 16 KB */
  readonly bodyTimeout: number
  /** event streams of one session in one process */
  readonly maxStreams: number
  readonly adminTotp: boolean
  readonly adminEnter: boolean
  readonly metricsFrom: (address: string) => boolean
  readonly clients: ClientSettings
  readonly passkeys: PasskeySettings
  /** of front-ends that share our lockouts; empty: none do */
  readonly policyToken: string
}

const SHORTEST_TOKEN = 16

/** config/mailbox_http.ini */
export function httpSettings(ini: Ini): HttpSettings {
  const read = readSettings('mailbox_http.ini', ini)
  const words = read.list('main.metrics_from', ['loopback'])
  let metricsFrom: HttpSettings['metricsFrom'] = () => false
  try {
    metricsFrom = networkList(words)
  } catch (error) {
    read.complain(`main.metrics_from: ${textOf(error)}`)
  }
  const settings: HttpSettings = {
    metricsFrom,
    clients: clientSettings(read),
    passkeys: passkeySettings(read),
    policyToken: read.text('policy.token', ''),
    maxBody: read.size('main.max_body', '40M'),
    connections: read.number('main.connections', 5000, { min: 1 }),
    connectionsPerAddress: read.number('main.connections_per_address', 500, { min: 1 }),
    bodiesOfAddress: read.number('main.bodies_per_address', 20, { min: 1 }),
    bodies: read.number('main.bodies', 1000, { min: 1 }),
    bodyTimeout: read.duration('main.body_timeout', '10s'),
    idle: read.duration('session.idle', '30min'),
    absolute: read.duration('session.absolute', '12h'),
    maxSessions: read.number('session.max_per_account', 20, { min: 1 }),
    maxStreams: read.number('session.streams', 10, { min: 1 }),
    lockIdle: read.duration('session.lock_idle', '5min'),
    tokenLockIdle: read.duration('session.token_lock_idle', '10s'),
    adminTotp: read.boolean('administrator.totp', true),
    adminEnter: read.boolean('administrator.enter_mailboxes', false),
  }
  if (settings.lockIdle > settings.idle) read.complain('session.lock_idle: not longer than session.idle')
  if (settings.policyToken !== '' && settings.policyToken.length < SHORTEST_TOKEN)
    read.complain(`policy.token: at least ${SHORTEST_TOKEN} characters, so that nobody guesses it`)
  read.done()
  return settings
}
