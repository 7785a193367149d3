import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { openHome } from '../../../lib/cli/home'
import { openLockouts } from '../../../lib/cli/watch/lockouts-home'
import type { AttemptLog } from '../../../lib/login/lockout/attempts'
import type { AccountChange } from '../../../lib/store/account'
import { ok } from '../../../lib/terms/fault'
import { openStore } from '../../../lib/wiring/store'
import { AUTHORITY, Certificates, client } from '../../e2e/clients/certificates'
import { type Demo, freePorts, removeHome, startDemo } from '../../e2e/demo'
import { address, type Refusal, RIGHT } from './classes'
import type { Tokens } from './mechanisms'
import type { Identification } from './recorded'

/** A server with every kind of account, and all that proves who somebody is. */
export interface Oracle {
  readonly demo: Demo
  readonly sieve: number
  readonly tokens: Tokens
  identification(user: string): Identification
  /** An address that nobody used, with as many failures behind it as the class wants. */
  addressFor(refusal: Refusal): Promise<string>
  restart(): Promise<Oracle>
  stop(): Promise<void>
}

export const USERS = ['alice', 'nobod', 'caro1', 'dave1', 'erin1', 'cheap', 'gina1']
const ISSUER = 'https://id.example.org'

const salted = (password: string): string => {
  const salt = Buffer.from('salt')
  return `{SSHA}${Buffer.concat([createHash('sha1').update(password).update(salt).digest(), salt]).toString('base64')}`
}
const CHANGES: Readonly<Record<string, AccountChange>> = {
  caro1: () => ok({ disabled: true }),
  dave1: () => ok({ protocols: ['http'] }),
  erin1: () => ok({ protocols: ['pop3'] }),
  cheap: () => ok({ credentials: { password: salted(RIGHT) } }),
  gina1: ({ credentials }) => ok({ credentials: { ...credentials, totp: 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP' } }),
}

async function tokensIn(folder: string): Promise<Tokens> {
  const jose = await import('jose')
  const [ours, theirs] = await Promise.all([jose.generateKeyPair('ES256'), jose.generateKeyPair('ES256')])
  const keys = { keys: [{ ...(await jose.exportJWK(ours.publicKey)), alg: 'ES256' }] }
  writeFileSync(path.join(folder, 'keys.json'), JSON.stringify(keys))
  const signed = async (key: typeof ours.privateKey): Promise<ReadonlyMap<string, string>> => {
    const tokens = new Map<string, string>()
    for (const user of USERS) {
      const token = new jose.SignJWT({ email: `${user}@example.org` }).setProtectedHeader({ alg: 'ES256' })
      token.setIssuer(ISSUER).setAudience('mail').setExpirationTime('24h')
      tokens.set(user, await token.sign(key))
    }
    return tokens
  }
  return { right: await signed(ours.privateKey), forged: await signed(theirs.privateKey) }
}

const settings = (folder: string, sieve: number, http: number, more: readonly string[]): readonly string[] => [
  ...['--nodes', '0', '--sieve', String(sieve), '--http', String(http)],
  ...[
    'mailbox_login.ini:lockout.account_bar=12h',
    'mailbox_login.ini:lockout.address_bar=12h',
    // A machine that is busy makes nobody wait for so long that it is told.
    'mailbox_login.ini:main.hash_patience=5min',
    `mailbox_login.ini:main.mechanisms=SCRAM-SHA-256-PLUS SCRAM-SHA-256 SCRAM-SHA-1 EXTERNAL OAUTHBEARER XOAUTH2 PLAIN LOGIN`,
    'mailbox_login.ini:main.client_ca=client_ca.pem',
    `mailbox_login.ini:oauth.issuer=${ISSUER}`,
    'mailbox_login.ini:oauth.audience=mail',
    `mailbox_login.ini:oauth.jwks=${path.join(folder, 'keys.json')}`,
    'connection.ini:max.line_length=8192',
    ...more,
  ].flatMap((text) => ['--set', text]),
  ...USERS.filter((user) => user !== 'alice' && user !== 'nobod').flatMap((user) => [
    '--account',
    `${user}@example.org:${RIGHT}`,
  ]),
]

async function makeAccounts(home: string): Promise<void> {
  const store = await openStore(openHome(home))
  try {
    for (const [user, change] of Object.entries(CHANGES)) {
      const account = await store.accounts.find(`${user}@example.org`)
      if (account) await store.accounts.update(account.id, change)
    }
  } finally {
    await store.close()
  }
}

let used = 0
/** One address in each /24, so that the wider prefixes stay out of it. */
function freshAddress(): string {
  used += 1
  return `127.${1 + ((used >> 8) % 250)}.${used & 255}.${1 + (used >> 16)}`
}

/** @param more settings, as `FILE.ini:section.key=value` */
export async function startOracle(more: readonly string[] = []): Promise<Oracle> {
  const home = mkdtempSync(path.join(tmpdir(), 'mailbox-oracle-'))
  mkdirSync(path.join(home, 'config'), { recursive: true })
  const tokens = await tokensIn(home)
  const made = new Certificates(mkdtempSync(path.join(home, 'made-')))
  made.make('ours', '/CN=Our people', { extensions: AUTHORITY })
  for (const user of USERS) made.make(user, '/CN=A user', { by: 'ours', extensions: client(`${user}@example.org`) })
  writeFileSync(path.join(home, 'config/client_ca.pem'), readFileSync(made.file('ours.crt')))
  const [sieve = 0, http = 0] = await freePorts(2)
  const start = async (): Promise<Oracle> => {
    const demo = await startDemo(settings(home, sieve, http, more), home)
    await makeAccounts(home)
    const { attempts, close } = await openLockouts(home)
    const stop = async (): Promise<void> => {
      await close()
      await demo.stop()
    }
    return {
      demo,
      sieve,
      tokens,
      identification: (user) => ({
        key: readFileSync(made.file(`${user}.key`)),
        cert: readFileSync(made.file(`${user}.crt`)),
      }),
      addressFor: (refusal) => prepared(attempts, refusal),
      restart: async () => {
        await stop()
        return start()
      },
      stop: async () => {
        await stop()
        removeHome(demo)
      },
    }
  }
  return start()
}

async function prepared(attempts: AttemptLog, refusal: Refusal): Promise<string> {
  const own = freshAddress()
  const now = Date.now()
  const fail = (user: string, from: string, n: number) =>
    attempts.record({ user, address: from }, { kind: 'failure', mark: `before ${n}` }, now)
  // As many writes for each class, so that none finds a disk that is busier.
  const filler = 10 - refusal.own - refusal.others
  await Promise.all([
    ...Array.from({ length: refusal.own }, (_, n) => fail(address(refusal), own, n)),
    ...Array.from({ length: refusal.others }, (_, n) => fail(`other${n}@example.org`, own, n)),
    ...Array.from({ length: filler }, (_, n) => fail(`filler${n}@example.org`, `198.51.${used & 255}.1`, n)),
  ])
  return own
}
