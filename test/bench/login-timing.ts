import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import constants from 'haraka-constants'
import type { AttemptLog } from '../../lib/login/attempts'
import { openEmbeddedAttempts } from '../../lib/login/attempts/embedded'
import { directoryChain } from '../../lib/login/chain'
import { createLogin } from '../../lib/login/create-login'
import type { Directory } from '../../lib/login/directory'
import { createSmtpAuth, type SmtpConnection } from '../../lib/login/haraka/smtp-auth'
import type { Login, LoginPeer } from '../../lib/login/login'
import { hashPassword } from '../../lib/login/passwords'
import { loginSettings } from '../../lib/login/settings'
import { openLmdbStore } from '../../lib/store/lmdb'
import { noMetrics, silentLog, systemClock } from '../../lib/terms/ports'
import { storeDirectory } from '../../lib/wiring'
import { scramClient } from '../login/scram-client'
import { reportTimes } from './welch'

/**
 * Whether refusals can be told apart by their time. Each class of refusal is measured in turn, in random order, at the door,
 * with the real store and attempt log; Welch's t for each pair (|t| < 4.5: no difference was found).
 * SAMPLES=2000 for each class and mechanism; ONLY=plain,scram chooses mechanisms.
 */
const SAMPLES = Number(process.env.SAMPLES ?? 2000)
const RIGHT = 'the right password'
const WRONG = 'a wrong password!!'
const b64 = (text: string | Buffer): string => Buffer.from(text).toString('base64')

interface Class {
  readonly user: string
  readonly password: string
  /** failures before: of this name, and of other names from this address */
  readonly own: number
  readonly others: number
}
const CLASSES: Readonly<Record<string, Class>> = {
  'wrong password': { user: 'ann@example.org', password: WRONG, own: 2, others: 0 },
  'unknown user': { user: 'who@example.org', password: WRONG, own: 2, others: 0 },
  'barred, wrong': { user: 'ann@example.org', password: WRONG, own: 4, others: 0 },
  'barred, right': { user: 'ann@example.org', password: RIGHT, own: 4, others: 0 },
  'barred address': { user: 'ann@example.org', password: RIGHT, own: 2, others: 8 },
  disabled: { user: 'off@example.org', password: RIGHT, own: 2, others: 0 },
  'not allowed': { user: 'xxx@example.org', password: RIGHT, own: 2, others: 0 },
}

type Try = (login: Login, peer: LoginPeer, one: Class) => Promise<string>

const answerOf = async (login: Login, peer: LoginPeer, mechanism: string, ...responses: Buffer[]): Promise<string> => {
  const exchange = login.sasl(peer, mechanism)
  for (const response of responses) {
    const step = await exchange?.step(response)
    if (step?.kind === 'done') return step.answer.kind
  }
  return 'no answer'
}

/** POP3 PASS and IMAP LOGIN are `attempt`; AUTH and AUTHENTICATE are exchanges. */
const MECHANISMS: Readonly<Record<string, Try>> = {
  password: async (login, peer, { user, password }) => (await login.attempt(peer, user, password)).kind,
  plain: (login, peer, { user, password }) => answerOf(login, peer, 'PLAIN', Buffer.from(`\0${user}\0${password}`)),
  scram: async (login, peer, { user, password }) => {
    const client = scramClient({ user, password })
    const exchange = login.sasl(peer, 'SCRAM-SHA-256')
    const first = await exchange?.step(client.first())
    if (first?.kind !== 'challenge') return 'no answer'
    // The client's own work is left out: the clock runs for the server only.
    const final = client.final(first.octets.toString())
    started = process.hrtime.bigint()
    const last = await exchange?.step(final)
    return last?.kind === 'done' ? last.answer.kind : 'no answer'
  },
  smtp: (login, peer, { user, password }) =>
    new Promise((resolve) => {
      const auth = createSmtpAuth(() => login, { name: 'mailbox/login' }, silentLog)
      let reply = 0
      const connection: SmtpConnection = {
        uuid: peer.connection,
        remote: { ip: peer.address },
        tls: { enabled: true },
        capabilities: [],
        transaction: null,
        notes: {},
        results: { add: () => undefined },
        relaying: false,
        respond: (code, _text, done) => {
          reply = code
          done()
        },
        disconnect: () => undefined,
      }
      const done = (code?: number): void => resolve(code === constants.ok && reply === 535 ? 'invalid' : String(reply))
      auth.unrecognizedCommand(done, connection, ['AUTH', `PLAIN ${b64(`\0${user}\0${password}`)}`])
    }),
}
let started = 0n

let addresses = 0
function freshAddress(): string {
  addresses += 1
  // One address in each /24, so that wider prefixes stay out of it.
  return `${11 + (addresses >> 16)}.${(addresses >> 8) & 255}.${addresses & 255}.1`
}

async function sample(attempts: AttemptLog, login: Login, run: Try, one: Class): Promise<number> {
  const address = freshAddress()
  const now = Date.now()
  for (let n = 0; n < one.own; n++)
    await attempts.record({ user: one.user, address }, { kind: 'failure', mark: `${n}` }, now)
  for (let n = 0; n < one.others; n++)
    await attempts.record({ user: `u${n}`, address }, { kind: 'failure', mark: 'x' }, now)
  // As many transactions before each sample, so that what is measured is not the disk that still writes.
  const filler = { user: `f${addresses}`, address: '10.1.1.1' }
  for (let n = one.own + one.others; n < 10; n++) await attempts.record(filler, { kind: 'failure', mark: `${n}` }, now)
  const peer: LoginPeer = { protocol: 'imap', address, tls: true, connection: `c${addresses}` }
  started = process.hrtime.bigint()
  const answer = await run(login, peer, one)
  const took = Number(process.hrtime.bigint() - started) / 1000
  if (answer !== 'invalid') throw new Error(`answer ${answer} for ${one.user}`)
  return took
}

async function main(): Promise<void> {
  const home = mkdtempSync(join(tmpdir(), 'login-timing-'))
  const settings = loginSettings({ lockout: { never_bar: 'none' } })
  const store = await openLmdbStore({ path: join(home, 'mail') })
  const credentials = await hashPassword(RIGHT)
  for (const name of ['ann', 'bob', 'off', 'xxx']) {
    const protocols = name === 'xxx' ? ['http'] : []
    await store.accounts.create({ name: `${name}@example.org`, credentials, disabled: name === 'off', protocols })
  }
  const directory: Directory = storeDirectory(store)
  const attempts = openEmbeddedAttempts({ path: join(home, 'attempts'), policy: settings.policy })
  const ports = { directory, attempts, settings, chain: directoryChain, secret: Buffer.alloc(32, 1) }
  const login = createLogin({ ...ports, clock: systemClock, log: silentLog, metrics: noMetrics })
  const only = process.env.ONLY?.split(',')
  let worst = 0
  for (const [mechanism, run] of Object.entries(MECHANISMS)) {
    if (only && !only.includes(mechanism)) continue
    const times = new Map(Object.keys(CLASSES).map((name): [string, number[]] => [name, []]))
    for (let round = 0; round < SAMPLES + 20; round++) {
      const names = Object.keys(CLASSES).sort(() => Math.random() - 0.5)
      for (const name of names) {
        const one = CLASSES[name]
        if (!one) continue
        const took = await sample(attempts, login, run, one)
        if (round >= 20) times.get(name)?.push(took)
      }
    }
    worst = Math.max(worst, reportTimes(mechanism, times))
  }
  await login.close()
  await store.close()
  rmSync(home, { recursive: true })
  console.log(`worst of all: |t| = ${worst.toFixed(2)}; goal: below 4.5 with ${SAMPLES} samples a class`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
